#include "core/report/charts.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/host/svg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowkit::policy::detail {
namespace {

using flowkit::detail::pixel;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// An SVG document of this size, drawn by hand, that says `said` to those who do not see it.
markup small_svg(double width, double height, std::string_view css_class, const std::string& said,
                 const markup& content) {
  return element("svg",
                 {{"class", std::string(css_class)},
                  {"viewBox", text("0 0 ", pixel(width), " ", pixel(height))},
                  {"width", pixel(width)},
                  {"height", pixel(height)},
                  {"role", "img"},
                  {"aria-label", said}},
                 content);
}

markup line(double x1, double x2, double y, std::string_view css_class, const std::string& colour) {
  attributes with = {{"x1", pixel(x1)}, {"x2", pixel(x2)}, {"y1", pixel(y)}, {"y2", pixel(y)}};
  with.push_back({"class", std::string(css_class)});
  if (!colour.empty()) with.push_back({"stroke", colour});
  return leaf("line", with);
}

}  // namespace

std::string colour_of(std::size_t series) {
  return std::string(series_colours[series % series_colours.size()].light);
}

markup figures(std::span<const chart> charts) {
  markup out;
  for (const chart& c : charts) {
    const plot_figure picture{.panels = {c.panel},
                              .panel_width = 430,
                              .panel_height = 300,
                              .description = text(c.title, ". ", c.caption)};
    out += element("figure", {{"class", "plot"}},
                   element("h3", words(c.title)) + markup::trusted(to_svg(picture)) +
                       element("figcaption", words(c.caption)));
  }
  return out.empty() ? out : element("div", {{"class", "figures"}}, out);
}

void add_whiskers(plot_panel& panel, std::span<const double> x, std::span<const interval> ranges,
                  const std::string& colour) {
  plot_series whiskers{.size = 1.4, .colour = colour};
  for (std::size_t i = 0; i < x.size(); ++i) {
    whiskers.x.insert(whiskers.x.end(), {x[i], x[i], nan});
    whiskers.y.insert(whiskers.y.end(), {ranges[i].low, ranges[i].high, nan});
  }
  panel.series.push_back(std::move(whiskers));
}

void curve_bundle::add(std::span<const double> xs, std::span<const double> ys) {
  x.insert(x.end(), xs.begin(), xs.end());
  y.insert(y.end(), ys.begin(), ys.end());
  x.push_back(nan);
  y.push_back(nan);
}

markup inline_picture(const dot_and_whisker& p) {
  constexpr double width = 132;
  constexpr double height = 18;
  constexpr double margin = 5;
  const auto at = [&p](double value) {
    const double share = (value - p.low) / (p.high - p.low);
    return margin + std::clamp(share, 0.0, 1.0) * (width - 2 * margin);
  };
  constexpr double middle = height / 2;
  markup content = line(margin, width - margin, middle, "track", "");
  if (p.low < 0 && p.high > 0) {
    content += leaf("line", {{"x1", pixel(at(0))},
                             {"x2", pixel(at(0))},
                             {"y1", "2"},
                             {"y2", pixel(height - 2)},
                             {"class", "zero"}});
  }
  if (std::isfinite(p.value)) {
    content += line(at(p.range.low), at(p.range.high), middle, "whisker", p.colour);
    content +=
        leaf("circle",
             {{"cx", pixel(at(p.value))}, {"cy", pixel(middle)}, {"r", "4.2"}, {"fill", p.colour}});
  }
  return small_svg(width, height, "inline plot", p.text, content);
}

markup inline_picture(const share_bar& p) {
  constexpr double width = 240;
  constexpr double height = 18;
  markup content;
  double x = 0;
  for (std::size_t i = 0; i < p.shares.size(); ++i) {
    const double extent = std::max(0.0, p.shares[i] * width);
    content += leaf("rect", {{"x", pixel(x)},
                             {"y", "2"},
                             {"width", pixel(std::max(0.0, extent - 1))},
                             {"height", pixel(height - 4)},
                             {"fill", colour_of(i)}});
    x += extent;
  }
  return small_svg(width, height, "inline plot", p.text, content);
}

markup swatch(const std::string& colour) {
  return element("svg",
                 {{"class", "swatch plot"},
                  {"viewBox", "0 0 10 10"},
                  {"width", "10"},
                  {"height", "10"},
                  {"aria-hidden", "true"}},
                 leaf("rect", {{"width", "10"}, {"height", "10"}, {"rx", "2"}, {"fill", colour}}));
}

}  // namespace flowkit::policy::detail
