#include <flowkit/core/error.hpp>
#include <flowkit/policy/scaling.hpp>

#include <array>
#include <cmath>

namespace flowkit::policy {
namespace {

constexpr std::array<std::string_view, 3> names{"limits", "gaussian", "identity"};

}  // namespace

std::string_view to_text(scaling rule) { return names[static_cast<std::size_t>(rule)]; }

scaling scaling_from_text(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  FLOWKIT_VALIDATE(found != names.end(), "there is no scaling '", name,
                   "'; there are: limits, gaussian, identity");
  return static_cast<scaling>(found - names.begin());
}

namespace detail {

scaling_table::scaling_table(column_statistics statistics, normalizer_options options)
    : statistics_(std::move(statistics)), options_(std::move(options)) {
  validate(statistics_);
  const auto n = static_cast<std::size_t>(statistics_.size());
  FLOWKIT_VALIDATE(options_.rules.size() == 1 || options_.rules.size() == n, "a normalizer of ", n,
                   " dimensions was given ", options_.rules.size(),
                   " rules: give one for all, or one for each");
  FLOWKIT_VALIDATE(options_.nearly_constant >= 0 && options_.nearly_constant < 1,
                   "nearly_constant is ", options_.nearly_constant,
                   ": it is a share of other ranges and lies in [0, 1)");
  FLOWKIT_VALIDATE(options_.margin >= 1, "margin is ", options_.margin,
                   ": values within the range of the data must pass, so it is at least 1");
  const double reference = reference_spread();
  columns_.reserve(n);
  for (std::size_t d = 0; d < n; ++d) columns_.push_back(fitted(d, reference));
}

scaling scaling_table::rule(std::size_t d) const {
  return options_.rules.size() == 1 ? options_.rules[0] : options_.rules[d];
}

/// What the rule divides by. Halves are subtracted, since a difference may overflow.
double scaling_table::spread(std::size_t d) const {
  return rule(d) == scaling::gaussian ? statistics_.deviation[d]
                                      : statistics_.maximum[d] / 2 - statistics_.minimum[d] / 2;
}

/// The upper quartile of the spreads that are not zero: a few large dimensions do not make the
/// others constant, and many that hardly move do not hide that they do.
double scaling_table::reference_spread() const {
  constexpr double smallest = 1e-300;  // the inverse of less is not finite
  std::vector<double> moving;
  for (std::size_t d = 0; d < statistics_.minimum.size(); ++d) {
    if (rule(d) != scaling::identity && spread(d) > smallest) moving.push_back(spread(d));
  }
  if (moving.empty()) return 1;
  const auto quartile = moving.begin() + static_cast<std::ptrdiff_t>((moving.size() - 1) * 3 / 4);
  std::nth_element(moving.begin(), quartile, moving.end());
  return *quartile;
}

scaling_table::column scaling_table::fitted(std::size_t d, double reference) const {
  column c;
  c.minimum = statistics_.minimum[d];
  c.maximum = statistics_.maximum[d];
  const auto scaled = [&](double x) { return (x - c.center) * c.factor; };
  if (rule(d) == scaling::identity) {
    c.lowest = c.minimum;
    c.highest = c.maximum;
    c.clip_lowest = -std::numeric_limits<double>::infinity();
    c.clip_highest = -c.clip_lowest;
    return c;
  }
  const bool gaussian = rule(d) == scaling::gaussian;
  c.center = gaussian ? statistics_.mean[d] : c.minimum / 2 + c.maximum / 2;
  c.flat = spread(d) <= options_.nearly_constant * reference || spread(d) == 0;
  c.factor = 1 / (c.flat ? reference : spread(d));
  if (!c.flat) {  // by the same formula as values, so that the extremes count as inside
    c.lowest = scaled(c.minimum);
    c.highest = scaled(c.maximum);
  }
  if (std::isinf(options_.margin)) {
    c.clip_lowest = -options_.margin;
    c.clip_highest = options_.margin;
  } else {
    const double middle = (c.lowest + c.highest) / 2;
    const double half = options_.margin * (c.highest - c.lowest) / 2;
    c.clip_lowest = std::min(c.lowest, middle - half);
    c.clip_highest = std::max(c.highest, middle + half);
  }
  return c;
}

}  // namespace detail
}  // namespace flowkit::policy
