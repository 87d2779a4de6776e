// Axes of plots: the range they show, where their ticks stand, and how values become pixels.
#pragma once

#include <flowkit/host/plot.hpp>

#include <string>
#include <vector>

namespace flowkit::detail {

/// Values beyond it have no place on an axis: that of two of them does not fit a double.
inline constexpr double largest_shown = 1e300;

/// A labelled place on an axis.
struct plot_tick {
  double value;
  std::string label;  ///< empty for the fine grid of a logarithmic axis
};

/// Maps values of an axis to pixels.
class plot_scale {
 public:
  /// `low < high`, both finite, and positive if logarithmic.
  plot_scale(axis_scale kind, double low, double high) : kind_(kind), low_(low), high_(high) {}

  /// Range of the finite (positive, if logarithmic) values, with a margin, or as the axis says.
  /// Always a proper range: an empty or single-valued set is widened.
  [[nodiscard]] static plot_scale fit(const plot_axis& axis, const std::vector<double>& values,
                                      double margin);

  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  [[nodiscard]] axis_scale kind() const noexcept { return kind_; }
  /// Whether the value has a place on this axis (inside its range or not).
  [[nodiscard]] bool has(double value) const noexcept;
  /// 0 at the low end, 1 at the high end; cut off far beyond both, so that pixels stay numbers.
  [[nodiscard]] double share(double value) const noexcept;
  /// The same centre with a range of `width` (linear axes).
  [[nodiscard]] plot_scale widened(double width) const noexcept;
  /// Ticks inside the range: multiples of 1, 2 or 5 times a power of ten, about `wanted` of them,
  /// or powers of ten on a logarithmic axis.
  [[nodiscard]] std::vector<plot_tick> ticks(int wanted) const;

 private:
  axis_scale kind_;
  double low_;
  double high_;
};

}  // namespace flowkit::detail
