// The last look at actions before a robot executes them: finite, within bounds, without jumps.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/policy/statistics.hpp>

#include <limits>
#include <span>
#include <vector>

namespace flowkit::policy {

/// Limits in physical units; an empty vector sets none, otherwise there is one per dimension.
struct guard_options {
  std::vector<double> lowest = {};
  std::vector<double> highest = {};
  std::vector<double> largest_step = {};  ///< between consecutive actions
  std::vector<double> rest = {};  ///< replaces what is not finite at the very start; default 0
};

/// Bounds as the demonstrations show them, and their mean to rest at.
[[nodiscard]] guard_options guard_within(const column_statistics& actions);

/// How many numbers a guard changed, and for which reason; a number may count twice.
struct guard_report {
  index_t checked = 0;
  index_t not_finite = 0;
  index_t out_of_bounds = 0;
  index_t too_far = 0;

  [[nodiscard]] bool changed() const { return not_finite + out_of_bounds + too_far > 0; }
  guard_report& operator+=(const guard_report& other);
  friend bool operator==(const guard_report&, const guard_report&) = default;
};

/// Makes actions safe to send: in this order a number that is not finite becomes that of the
/// previous action (hold), one out of bounds the bound, and one further than `largest_step` from
/// the previous action goes that far only. Laws: idempotent; what it returns is finite, within
/// bounds whenever the previous action was, and steps are never too large. Never allocates.
class action_guard {
 public:
  /// Throws invalid_input for limits of another size than `dimensions`, that are not numbers,
  /// lowest > highest, or steps that are not positive.
  action_guard(index_t dimensions, guard_options options);

  [[nodiscard]] index_t dimensions() const { return dimensions_; }
  [[nodiscard]] const guard_options& options() const { return options_; }

  /// Changes the actions [k, dimensions] in place. `previous` is the action before them, or empty
  /// at the start of an episode: the first action is then not limited in its step.
  guard_report apply(const chunks<physical, float>& actions,
                     std::span<const float> previous = {}) const;

 private:
  index_t dimensions_;
  guard_options options_;
};

}  // namespace flowkit::policy
