// How single dimensions are scaled: choices, and the table that they and the statistics give.
#pragma once

#include <flowkit/policy/statistics.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace flowkit::policy {

/// The rule for one dimension with data in [lowest, highest].
enum class scaling : std::uint8_t {
  limits,    ///< [lowest, highest] becomes [-1, 1]
  gaussian,  ///< mean 0, deviation 1
  identity,  ///< unchanged: actions that are in [-1, 1] by definition, rotation matrices
};
[[nodiscard]] std::string_view to_text(scaling rule);
/// The rule of that name. Throws invalid_input for another text.
[[nodiscard]] scaling scaling_from_text(std::string_view name);

/// Settings of a normalizer.
struct normalizer_options {
  std::vector<scaling> rules{scaling::limits};  ///< one for all dimensions, or one for each

  /// A dimension whose range (its deviation, for gaussian) is below this share of that of the
  /// others is nearly constant: it is divided by their scale, not by its own, since a scale learnt
  /// from noise would send a new start to hundreds. "That of the others" is the upper quartile of
  /// all dimensions that move.
  double nearly_constant = 0.01;

  /// Normalised values are clipped to the range of the data, widened by this factor around its
  /// middle; 1: to the range itself, infinity: never.
  double margin = std::numeric_limits<double>::infinity();

  friend bool operator==(const normalizer_options&, const normalizer_options&) = default;
};

/// What suits states: a new start a little outside the data is passed on, a far one is clipped.
[[nodiscard]] inline normalizer_options state_normalization() { return {.margin = 1.5}; }

namespace detail {

enum class range_event : std::uint8_t { inside, outside, clipped };

/// y = (x - center) * factor per dimension, with the range of y and where it is clipped. Computed
/// in double, so that the only rounding is that of the result.
class scaling_table {
 public:
  scaling_table(column_statistics statistics, normalizer_options options);

  [[nodiscard]] const column_statistics& statistics() const { return statistics_; }
  [[nodiscard]] const normalizer_options& options() const { return options_; }
  [[nodiscard]] bool flat(index_t d) const { return columns_[static_cast<std::size_t>(d)].flat; }

  /// One action or state.
  template <class T, class U>
  range_event normalize(const T* x, U* y) const {
    range_event event = range_event::inside;
    for (std::size_t d = 0; d < columns_.size(); ++d) {
      const column& c = columns_[d];
      const double value = (static_cast<double>(x[d]) - c.center) * c.factor;
      const bool within = value >= c.lowest && value <= c.highest;
      const bool kept = value >= c.clip_lowest && value <= c.clip_highest;
      if (!within) event = std::max(event, range_event::outside);
      if (!kept) event = range_event::clipped;
      y[d] = static_cast<U>(std::clamp(value, c.clip_lowest, c.clip_highest));
    }
    return event;
  }

  template <class T, class U>
  void denormalize(const T* y, U* x) const {
    for (std::size_t d = 0; d < columns_.size(); ++d) {
      const column& c = columns_[d];
      const double value = static_cast<double>(y[d]) / c.factor + c.center;
      x[d] = static_cast<U>(c.flat ? std::clamp(value, c.minimum, c.maximum) : value);
    }
  }

 private:
  struct column {
    double center = 0;
    double factor = 1;
    double lowest = -1;  // of y over the data
    double highest = 1;
    double clip_lowest = -1;
    double clip_highest = 1;
    double minimum = 0;  // of x over the data
    double maximum = 0;
    bool flat = false;
  };

  [[nodiscard]] scaling rule(std::size_t d) const;
  [[nodiscard]] double spread(std::size_t d) const;
  [[nodiscard]] double reference_spread() const;
  [[nodiscard]] column fitted(std::size_t d, double reference) const;

  column_statistics statistics_;
  normalizer_options options_;
  std::vector<column> columns_;
};

}  // namespace detail
}  // namespace flowkit::policy
