// Plots as self-contained SVG: lines, point clouds and histograms in panels with axes and legend.
#pragma once

#include <flowkit/core/platform.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flowkit {

/// How the values of an axis are spaced.
enum class axis_scale { linear, log };

/// One axis of a panel.
struct plot_axis {
  std::string label{};
  axis_scale scale = axis_scale::linear;
  /// Ends of the axis; without them they follow from the data, with a small margin. A logarithmic
  /// axis shows only positive values.
  std::optional<double> low{};
  std::optional<double> high{};
};

/// How a series is drawn.
enum class plot_mark {
  line,    ///< connected in the given order
  points,  ///< a translucent disc each, so that density shows
  bars     ///< from the axis to y, between x[i] and x[i + 1]: x has one more value than y
};

/// Values of one colour and one legend entry.
struct plot_series {
  std::string label{};  ///< no legend entry if empty
  std::vector<double> x{};
  std::vector<double> y{};
  plot_mark mark = plot_mark::line;
  /// Stroke width of a line or radius of a point, in pixels; 0 chooses one.
  double size = 0;
  /// "#rrggbb"; empty takes the next colour of the palette.
  std::string colour{};
};

/// Whether one unit is equally long on both axes, as point clouds of the plane need it.
enum class plot_aspect { fill, equal };

/// Intervals of a histogram. Give the same range to every series of a panel that is to be compared.
struct histogram_bins {
  index_t count = 40;
  std::optional<double> low{};   ///< default: the least finite value
  std::optional<double> high{};  ///< default: the largest finite value
};

/// One coordinate system. Series are drawn in order, the last on top. Values that are not finite or
/// larger than 1e300 (or not positive on a logarithmic axis) are left out and interrupt a line.
struct plot_panel {
  std::string title{};
  plot_axis x{};
  plot_axis y{};
  plot_aspect aspect = plot_aspect::fill;  ///< `equal` needs two linear axes
  std::vector<plot_series> series{};

  /// Adds a line. `x` and `y` have equal size; throws invalid_input otherwise. A NaN between two
  /// stretches draws several curves as one series.
  plot_panel& line(std::string label, std::span<const double> xs, std::span<const double> ys);
  /// Adds a point cloud. `x` and `y` have equal size; throws invalid_input otherwise.
  plot_panel& scatter(std::string label, std::span<const double> xs, std::span<const double> ys);
  /// Adds the counts of values in equal intervals; values outside of the range and non-finite ones
  /// are not counted. Throws invalid_input for no interval, or more than 2^20.
  plot_panel& histogram(std::string label, std::span<const double> values,
                        const histogram_bins& bins = {});
};

/// Panels in a grid, row by row, below a common title.
struct plot_figure {
  std::string title{};
  std::vector<plot_panel> panels{};
  index_t columns = 0;        ///< 0: all panels in one row, at most three
  double panel_width = 420;   ///< pixels, axes and labels included
  double panel_height = 320;  ///< pixels
  /// What the figure shows, for those who do not see it; not drawn. Empty: the title.
  std::string description{};
};

/// The figure as an SVG document: no scripts, no fonts to load, no references to other files.
/// Colours stay distinguishable with colour-blindness (Okabe and Ito, 2008). Throws invalid_input
/// for series of unequal lengths and for panels that cannot be drawn. Allocates.
[[nodiscard]] std::string to_svg(const plot_figure& figure);

/// Replaces `path` atomically by the SVG document.
void write_svg(const std::string& path, const plot_figure& figure);

}  // namespace flowkit
