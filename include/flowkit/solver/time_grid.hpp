// Grids of fixed steps: uniform, given point by point, and the sampler grid of rectified flows.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/platform.hpp>

#include <cmath>
#include <span>

namespace flowkit {

/// Where an integration begins and where it ends; backwards if end < start.
struct time_span {
  double start = 0;
  double end = 1;
};

/// `steps` equal steps from start to end, forwards or backwards.
class uniform_grid {
 public:
  /// Throws invalid_input for infinite times or less than one step.
  uniform_grid(double start, double end, index_t steps) : start_(start), end_(end), steps_(steps) {
    FLOWKIT_VALIDATE(std::isfinite(start) && std::isfinite(end) && std::isfinite(end - start),
                     "time grid from ", start, " to ", end,
                     ": both ends and their distance must be finite");
    FLOWKIT_VALIDATE(steps > 0, "time grid of ", steps, " steps: at least one is needed");
  }

  [[nodiscard]] index_t steps() const { return steps_; }
  [[nodiscard]] double step(index_t) const { return (end_ - start_) / static_cast<double>(steps_); }
  [[nodiscard]] double time(index_t i) const { return start_ + static_cast<double>(i) * step(i); }
  [[nodiscard]] double end() const { return end_; }

 private:
  double start_;
  double end_;
  index_t steps_;
};

/// Steps between given times. Refers to them: they must live as long as the grid.
class custom_grid {
 public:
  /// Throws invalid_input unless there are two times at least, all finite, rising or all falling.
  explicit custom_grid(std::span<const double> times) : times_(times) {
    FLOWKIT_VALIDATE(times.size() >= 2, "time grid of ", times.size(),
                     " times: a start and an end are needed");
    const bool rising = times[1] > times[0];
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
      FLOWKIT_VALIDATE(std::isfinite(times[i]) && std::isfinite(times[i + 1]) &&
                           times[i] != times[i + 1] && (times[i + 1] > times[i]) == rising,
                       "time grid: time ", i + 1, " (", times[i + 1], ") does not continue time ",
                       i, " (", times[i], "): times must rise or fall strictly");
    }
  }

  [[nodiscard]] index_t steps() const { return static_cast<index_t>(times_.size()) - 1; }
  [[nodiscard]] double time(index_t i) const { return times_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] double step(index_t i) const { return time(i + 1) - time(i); }
  [[nodiscard]] double end() const { return times_.back(); }

 private:
  std::span<const double> times_;
};

/// Grid of the rectified-flow sampler (methods of Liu et al. 2022 as used by SeFA): steps of
/// length 1 / steps taken at times i / steps (1 - epsilon) + epsilon, because the network has never
/// seen t < epsilon. One step is x + v(x, epsilon).
class sampler_grid {
 public:
  /// Throws invalid_input for less than one step or an epsilon outside [0, 1).
  explicit sampler_grid(index_t steps, double epsilon = 1e-3) : steps_(steps), epsilon_(epsilon) {
    FLOWKIT_VALIDATE(steps > 0, "sampler grid of ", steps, " steps: at least one is needed");
    FLOWKIT_VALIDATE(epsilon >= 0 && epsilon < 1, "sampler grid with epsilon ", epsilon,
                     ": the first time must lie in [0, 1)");
  }

  [[nodiscard]] index_t steps() const { return steps_; }
  [[nodiscard]] double step(index_t) const { return 1 / static_cast<double>(steps_); }
  [[nodiscard]] double time(index_t i) const {
    return static_cast<double>(i) / static_cast<double>(steps_) * (1 - epsilon_) + epsilon_;
  }
  [[nodiscard]] double end() const { return 1; }

 private:
  index_t steps_;
  double epsilon_;
};

}  // namespace flowkit
