#include <flowkit/core/error.hpp>
#include <flowkit/host/plot.hpp>
#include <flowkit/host/plot_panel.hpp>
#include <flowkit/host/plot_scale.hpp>
#include <flowkit/host/svg.hpp>
#include <flowkit/io/atomic_file.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace flowkit {
namespace {

constexpr double outer_margin = 14;
constexpr double figure_title_size = 17;
constexpr double figure_title_height = 34;
constexpr double largest_panel = 1e5;  // pixels along one side
constexpr index_t bin_limit = index_t{1} << 20;

plot_series make_series(std::string label, std::span<const double> x, std::span<const double> y,
                        plot_mark mark) {
  plot_series out{.label = std::move(label),
                  .x = {x.begin(), x.end()},
                  .y = {y.begin(), y.end()},
                  .mark = mark};
  detail::check_series(out);
  return out;
}

/// Ends of a histogram; a single value gets an interval of its own.
std::pair<double, double> histogram_range(std::span<const double> values,
                                          const histogram_bins& bins) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!(std::abs(value) <= detail::largest_shown)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) low = 0, high = 1;
  if (low == high) high = low + std::max(1.0, std::abs(low) * 1e-3);
  return {bins.low.value_or(low), bins.high.value_or(high)};
}

}  // namespace

plot_panel& plot_panel::line(std::string label, std::span<const double> xs,
                             std::span<const double> ys) {
  series.push_back(make_series(std::move(label), xs, ys, plot_mark::line));
  return *this;
}

plot_panel& plot_panel::scatter(std::string label, std::span<const double> xs,
                                std::span<const double> ys) {
  series.push_back(make_series(std::move(label), xs, ys, plot_mark::points));
  return *this;
}

plot_panel& plot_panel::histogram(std::string label, std::span<const double> values,
                                  const histogram_bins& bins) {
  FLOWKIT_VALIDATE(bins.count > 0 && bins.count <= bin_limit, "a histogram of ", bins.count,
                   " bins cannot be drawn: give at least one and at most ", bin_limit);
  const auto [low, high] = histogram_range(values, bins);
  FLOWKIT_VALIDATE(low < high && high - low <= 2 * detail::largest_shown,
                   "the histogram range from ", low, " to ", high,
                   " is empty or not finite: give a lower end below the upper one");

  const auto count = static_cast<double>(bins.count);
  std::vector<double> edges;
  for (index_t i = 0; i <= bins.count; ++i) {
    edges.push_back(low + static_cast<double>(i) * ((high - low) / count));
  }
  std::vector<double> counts(static_cast<std::size_t>(bins.count), 0);
  for (const double value : values) {
    if (!(value >= low && value <= high)) continue;
    const auto bin = static_cast<index_t>((value - low) / (high - low) * count);
    counts[static_cast<std::size_t>(std::min(bin, bins.count - 1))] += 1;  // the last is closed
  }
  series.push_back(make_series(std::move(label), edges, counts, plot_mark::bars));
  return *this;
}

std::string to_svg(const plot_figure& figure) {
  constexpr index_t default_columns = 3;
  constexpr double gap = 18;
  const auto drawable = [](double side) { return side > 0 && side <= largest_panel; };
  FLOWKIT_VALIDATE(drawable(figure.panel_width) && drawable(figure.panel_height), "panels of ",
                   figure.panel_width, " x ", figure.panel_height,
                   " pixels cannot be drawn: give positive numbers up to ", largest_panel);
  const auto count = static_cast<index_t>(figure.panels.size());
  const index_t wanted = figure.columns > 0 ? figure.columns : default_columns;
  const index_t columns = std::clamp<index_t>(count, 1, wanted);
  const index_t rows = (count + columns - 1) / columns;
  const double top = outer_margin + (figure.title.empty() ? 0 : figure_title_height);
  const auto extent = [](index_t n, double size) {
    return static_cast<double>(n) * size + static_cast<double>(std::max<index_t>(n - 1, 0)) * gap;
  };
  const double width = 2 * outer_margin + extent(columns, figure.panel_width);
  const double height = top + extent(rows, figure.panel_height) + outer_margin;

  std::string out = detail::svg_begin(
      width, height, figure.description.empty() ? figure.title : figure.description);
  if (!figure.title.empty()) {
    out += detail::svg_text(
        outer_margin + 2, outer_margin + figure_title_size, figure_title_size,
        detail::fitted_text(figure.title, figure_title_size, width - 2 * outer_margin),
        text("font-weight=\"700\" ", detail::plot_ink));
  }
  for (index_t i = 0; i < count; ++i) {
    const auto column = static_cast<double>(i % columns);
    const index_t row = i / columns;
    const double x = outer_margin + column * (figure.panel_width + gap);
    const double y = top + static_cast<double>(row) * (figure.panel_height + gap);
    out += detail::draw_panel(figure.panels[static_cast<std::size_t>(i)],
                              {x, y, figure.panel_width, figure.panel_height});
  }
  return out + "</svg>\n";
}

void write_svg(const std::string& path, const plot_figure& figure) {
  write_text_file(path, to_svg(figure));
}

}  // namespace flowkit
