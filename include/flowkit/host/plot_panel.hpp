// One panel of a plot as SVG.
#pragma once

#include <flowkit/host/plot.hpp>

#include <string>
#include <string_view>

namespace flowkit::detail {

/// Colour of titles and labels, as an attribute.
inline constexpr std::string_view plot_ink = "fill=\"#222222\"";

/// In pixels, y downwards.
struct rectangle {
  double x, y, width, height;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
};

/// Throws invalid_input unless x and y have the counts that the mark of the series needs and its
/// size can be drawn.
void check_series(const plot_series& series);

/// Title, grid, marks, axes and legend inside `frame`, as one SVG group. Throws invalid_input for a
/// series that cannot be drawn, and for equal units on an axis that has none. *Allocates.*
[[nodiscard]] std::string draw_panel(const plot_panel& panel, const rectangle& frame);

}  // namespace flowkit::detail
