#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/field.hpp>
#include <flowkit/policy/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowkit::policy {

void validate(const column_statistics& s) {
  const std::size_t n = s.minimum.size();
  FLOWKIT_VALIDATE(s.maximum.size() == n && s.mean.size() == n && s.deviation.size() == n,
                   "statistics with ", n, " minima, ", s.maximum.size(), " maxima, ", s.mean.size(),
                   " means and ", s.deviation.size(),
                   " deviations: give one of each per dimension");
  FLOWKIT_VALIDATE(n == 0 || s.count > 0, "statistics over ", s.count,
                   " rows: they need data; add rows before asking for a result");
  for (std::size_t d = 0; d < n; ++d) {
    FLOWKIT_VALIDATE(
        std::isfinite(s.minimum[d]) && std::isfinite(s.maximum[d]) && s.minimum[d] <= s.mean[d] &&
            s.mean[d] <= s.maximum[d] && s.deviation[d] >= 0 && std::isfinite(s.deviation[d]),
        "statistics of dimension ", d, ": minimum ", s.minimum[d], ", mean ", s.mean[d],
        ", maximum ", s.maximum[d], ", deviation ", s.deviation[d], " contradict each other");
  }
}

running_statistics::running_statistics(index_t dimensions) {
  FLOWKIT_VALIDATE(dimensions >= 0, "statistics of ", dimensions, " dimensions");
  const auto n = static_cast<std::size_t>(dimensions);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  sums_ = {0, std::vector<double>(n, infinity), std::vector<double>(n, -infinity),
           std::vector<double>(n, 0.0), std::vector<double>(n, 0.0)};
}

template <class T>
void running_statistics::add_all(const view<const T, 2, host_space>& rows) {
  const index_t n = sums_.size();
  const index_t width = rows.shape()[1];
  FLOWKIT_VALIDATE(n == 0 ? width == 0 : width % n == 0, "rows of ", width,
                   " numbers were added to statistics of ", n,
                   " dimensions: a row holds whole actions or states");
  if (n == 0) return;
  for (index_t i = 0; i < rows.shape()[0]; ++i) {
    for (index_t first = 0; first < width; first += n) {
      for (index_t d = 0; d < n; ++d) {
        FLOWKIT_VALIDATE(learnable(static_cast<double>(rows(i, first + d))), "row ", i,
                         ", dimension ", d, " is ", rows(i, first + d),
                         ": statistics of demonstrations need finite numbers of at most ",
                         largest_learnable, ", whose squares float can hold");
      }
      ++sums_.count;
      for (index_t d = 0; d < n; ++d) {
        const auto x = static_cast<double>(rows(i, first + d));
        const auto at = static_cast<std::size_t>(d);
        sums_.minimum[at] = std::min(sums_.minimum[at], x);
        sums_.maximum[at] = std::max(sums_.maximum[at], x);
        const double before = x - sums_.mean[at];
        sums_.mean[at] += before / static_cast<double>(sums_.count);
        sums_.deviation[at] += before * (x - sums_.mean[at]);
      }
    }
  }
}

void running_statistics::add_rows(const view<const float, 2, host_space>& rows) { add_all(rows); }
void running_statistics::add_rows(const view<const double, 2, host_space>& rows) { add_all(rows); }

column_statistics running_statistics::result() const {
  column_statistics out = sums_;
  for (std::size_t d = 0; d < out.mean.size(); ++d) {
    // Rounding may carry the mean of equal numbers out of their range.
    out.mean[d] = std::min(std::max(out.mean[d], out.minimum[d]), out.maximum[d]);
    const double variance = out.deviation[d] / std::max(1.0, static_cast<double>(out.count));
    out.deviation[d] = std::sqrt(std::max(0.0, variance));
  }
  validate(out);
  return out;
}

}  // namespace flowkit::policy
