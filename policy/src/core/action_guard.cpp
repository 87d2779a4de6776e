#include <flowkit/policy/action_guard.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy {
namespace {

void check_size(const std::vector<double>& v, index_t dimensions, std::string_view what) {
  FLOWKIT_VALIDATE(v.empty() || static_cast<index_t>(v.size()) == dimensions, "a guard of ",
                   dimensions, " dimensions was given ", v.size(), " numbers in ", what,
                   ": give one for each dimension, or none");
  for (const double x : v) {
    FLOWKIT_VALIDATE(!std::isnan(x), "a guard with a number in ", what, " that is not one");
  }
}

/// The nearest float that is not beyond the limit.
float not_above(double limit) {
  const auto x = static_cast<float>(limit);
  return static_cast<double>(x) > limit ? std::nextafter(x, -HUGE_VALF) : x;
}
float not_below(double limit) { return -not_above(-limit); }

}  // namespace

guard_options guard_within(const column_statistics& actions) {
  return {.lowest = actions.minimum,
          .highest = actions.maximum,
          .largest_step = {},
          .rest = actions.mean};
}

guard_report& guard_report::operator+=(const guard_report& other) {
  checked += other.checked;
  not_finite += other.not_finite;
  out_of_bounds += other.out_of_bounds;
  too_far += other.too_far;
  return *this;
}

action_guard::action_guard(index_t dimensions, guard_options options)
    : dimensions_(dimensions), options_(std::move(options)) {
  FLOWKIT_VALIDATE(dimensions > 0, "a guard of ", dimensions, " dimensions has nothing to look at");
  check_size(options_.lowest, dimensions, "lowest");
  check_size(options_.highest, dimensions, "highest");
  check_size(options_.largest_step, dimensions, "largest_step");
  check_size(options_.rest, dimensions, "rest");
  const auto n = static_cast<std::size_t>(dimensions);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto fill = [&](std::vector<double>& v, double value) {
    if (v.empty()) v.assign(n, value);
  };
  fill(options_.lowest, -infinity);
  fill(options_.highest, infinity);
  fill(options_.largest_step, infinity);
  fill(options_.rest, 0);
  for (std::size_t d = 0; d < n; ++d) {
    FLOWKIT_VALIDATE(options_.lowest[d] <= options_.highest[d], "a guard for dimension ", d,
                     " with lowest ", options_.lowest[d], " above highest ", options_.highest[d]);
    FLOWKIT_VALIDATE(options_.largest_step[d] > 0, "a guard for dimension ", d,
                     " with a largest step of ", options_.largest_step[d],
                     ": the robot could never move; give a positive number");
    FLOWKIT_VALIDATE(std::isfinite(options_.rest[d]), "a guard that rests dimension ", d, " at ",
                     options_.rest[d], ": give a finite action");
  }
}

guard_report action_guard::apply(const chunks<physical, float>& actions,
                                 std::span<const float> previous) const {
  FLOWKIT_VALIDATE(actions.numbers().shape()[1] == dimensions_ &&
                       (previous.empty() || static_cast<index_t>(previous.size()) == dimensions_),
                   "a guard of ", dimensions_, " dimensions was given actions ",
                   actions.numbers().shape(), " after one of ", previous.size(), " numbers");
  guard_report report;
  for (index_t i = 0; i < actions.rows(); ++i) {
    for (index_t d = 0; d < dimensions_; ++d) {
      const auto at = static_cast<std::size_t>(d);
      const bool first = i == 0 && previous.empty();
      const float before = i > 0 ? actions.numbers()(i - 1, d)
                                 : (first ? static_cast<float>(options_.rest[at]) : previous[at]);
      float& x = actions.numbers()(i, d);
      ++report.checked;
      if (!std::isfinite(x)) {
        ++report.not_finite;
        x = before;
      }
      const float bounded =
          std::min(std::max(x, not_below(options_.lowest[at])), not_above(options_.highest[at]));
      report.out_of_bounds += bounded != x ? 1 : 0;
      x = bounded;
      if (first) continue;
      const double step = options_.largest_step[at];
      const double start = static_cast<double>(before);
      const float reached = std::min(std::max(x, not_below(start - step)), not_above(start + step));
      report.too_far += reached != x ? 1 : 0;
      x = reached;
    }
  }
  return report;
}

}  // namespace flowkit::policy
