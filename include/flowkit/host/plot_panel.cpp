#include <flowkit/core/error.hpp>
#include <flowkit/host/plot_panel.hpp>
#include <flowkit/host/plot_scale.hpp>
#include <flowkit/host/svg.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace flowkit::detail {
namespace {

constexpr std::string_view ink = plot_ink;
constexpr std::string_view soft_ink = "fill=\"#5f6368\"";

// Okabe and Ito, "Color universal design" (2008), without black; yellow last, as it is faint.
constexpr std::array<std::string_view, 7> palette = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#E69F00", "#56B4E9", "#F0E442"};
constexpr double title_size = 13.5;
constexpr double label_size = 12;
constexpr double tick_size = 11;
constexpr double legend_row = 18;
constexpr double axis_gap = 7;         // between an axis and its numbers
constexpr double largest_size = 1000;  // of a mark
constexpr double cloud_margin = 0.05;  // free share of an axis beyond the data

/// A legend entry with its place.
struct legend_entry {
  const plot_series* series;
  std::string_view colour;
  double x, y;
};

std::string_view colour_of(const plot_panel& panel, std::size_t which) {
  const plot_series& series = panel.series[which];
  return series.colour.empty() ? palette[which % palette.size()] : series.colour;
}

/// Draws one panel. Members are in the order in which they are computed, each from those before.
class panel_drawing {
 public:
  panel_drawing(const plot_panel& panel, rectangle frame)
      : panel_(panel), frame_(frame), x_(fit_x()), y_(fit_y()) {
    std::for_each(panel.series.begin(), panel.series.end(), check_series);
    y_ticks_ = y_.ticks(static_cast<int>(frame.height / 48));
    place_legend();
    place_area();
    if (panel.aspect == plot_aspect::equal) equalise();
    x_ticks_ = x_.ticks(static_cast<int>(area_.width / 62));
    y_ticks_ = y_.ticks(static_cast<int>(area_.height / 42));
  }

  std::string svg() {
    out_ += "<g>\n";
    title();
    grid();
    marks();
    axes();
    legend();
    out_ += "</g>\n";
    return std::move(out_);
  }

 private:
  [[nodiscard]] plot_scale fit_x() const {
    std::vector<double> values;
    bool bars_only = !panel_.series.empty();
    for (const auto& s : panel_.series) {
      values.insert(values.end(), s.x.begin(), s.x.end());
      bars_only = bars_only && s.mark == plot_mark::bars;
    }
    return plot_scale::fit(panel_.x, values, bars_only ? 0.02 : margin_x());
  }

  /// Curves over time fill the width; clouds keep a distance from the frame.
  [[nodiscard]] double margin_x() const {
    const bool lines = std::all_of(panel_.series.begin(), panel_.series.end(),
                                   [](const auto& s) { return s.mark == plot_mark::line; });
    return lines && panel_.aspect == plot_aspect::fill ? 0.0 : cloud_margin;
  }

  [[nodiscard]] plot_scale fit_y() const {
    std::vector<double> values;
    bool bars = false;
    for (const auto& s : panel_.series) {
      values.insert(values.end(), s.y.begin(), s.y.end());
      bars = bars || s.mark == plot_mark::bars;
    }
    plot_axis axis = panel_.y;
    // Bars are compared by their length, so they begin at zero unless that cannot be shown.
    if (bars && axis.scale == axis_scale::linear && !axis.low) axis.low = 0;
    return plot_scale::fit(axis, values, cloud_margin);
  }

  void place_legend() {
    double x = frame_.x + 2;
    double y = frame_.y + (panel_.title.empty() ? 0 : title_size + 10) + legend_row / 2;
    for (std::size_t i = 0; i < panel_.series.size(); ++i) {
      const plot_series& series = panel_.series[i];
      if (series.label.empty()) continue;
      const double width = 28 + text_width(series.label, label_size) + 18;
      if (x > frame_.x + 2 && x + width > frame_.right()) {
        x = frame_.x + 2;
        y += legend_row;
      }
      legend_.push_back({&series, colour_of(panel_, i), x, y});
      x += width;
    }
  }

  void place_area() {
    double widest = 0;
    for (const auto& tick : y_ticks_) {
      widest = std::max(widest, text_width(tick.label, tick_size));
    }
    const double left = widest + axis_gap + (panel_.y.label.empty() ? 4 : label_size + 10);
    const double top = (panel_.title.empty() ? 0 : title_size + 10) +
                       (legend_.empty() ? 12 : legend_.back().y + legend_row - legend_.front().y);
    const double bottom = axis_gap + tick_size + (panel_.x.label.empty() ? 4 : label_size + 12);
    constexpr double right = 10;
    area_ = {frame_.x + left, frame_.y + top, std::max(20.0, frame_.width - left - right),
             std::max(20.0, frame_.height - top - bottom)};
  }

  void equalise() {
    const double units_x = (x_.high() - x_.low()) / area_.width;
    const double units_y = (y_.high() - y_.low()) / area_.height;
    if (units_x > units_y) {
      y_ = y_.widened(units_x * area_.height);
    } else {
      x_ = x_.widened(units_y * area_.width);
    }
  }

  [[nodiscard]] double at_x(double value) const { return area_.x + x_.share(value) * area_.width; }
  [[nodiscard]] double at_y(double value) const {
    return area_.bottom() - y_.share(value) * area_.height;
  }

  void title() {
    const auto fitted = fitted_text(panel_.title, title_size, frame_.width);
    if (panel_.title.empty()) return;
    out_ += svg_text(frame_.x + 2, frame_.y + title_size, title_size, fitted,
                     text("font-weight=\"600\" ", ink));
  }

  void grid_line(double x1, double y1, double x2, double y2, bool fine) {
    out_ += text("<path d=\"M", pixel(x1), " ", pixel(y1), "L", pixel(x2), " ", pixel(y2),
                 "\" stroke=\"", fine ? "#f3f4f5" : "#e4e6e9", "\"/>\n");
  }

  void grid() {
    for (const bool fine : {true, false}) {  // the fine lines lie below the others
      for (const auto& tick : x_ticks_) {
        const double x = at_x(tick.value);
        if (tick.label.empty() == fine) grid_line(x, area_.y, x, area_.bottom(), fine);
      }
      for (const auto& tick : y_ticks_) {
        const double y = at_y(tick.value);
        if (tick.label.empty() == fine) grid_line(area_.x, y, area_.right(), y, fine);
      }
    }
  }

  /// A nested document clips what lies outside of the axes without needing a unique identifier.
  void marks() {
    out_ += text("<svg x=\"", pixel(area_.x), "\" y=\"", pixel(area_.y), "\" width=\"",
                 pixel(area_.width), "\" height=\"", pixel(area_.height), "\" viewBox=\"",
                 pixel(area_.x), " ", pixel(area_.y), " ", pixel(area_.width), " ",
                 pixel(area_.height), "\">\n");
    for (std::size_t i = 0; i < panel_.series.size(); ++i) {
      const plot_series& series = panel_.series[i];
      switch (series.mark) {
        case plot_mark::line:
          draw_line(series, colour_of(panel_, i));
          break;
        case plot_mark::points:
          draw_points(series, colour_of(panel_, i));
          break;
        case plot_mark::bars:
          draw_bars(series, colour_of(panel_, i));
          break;
      }
    }
    out_ += "</svg>\n";
  }

  [[nodiscard]] bool visible(const plot_series& series, std::size_t i) const {
    return x_.has(series.x[i]) && y_.has(series.y[i]);
  }

  void draw_line(const plot_series& series, std::string_view colour) {
    std::string path;
    bool pen_down = false;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const bool shown = visible(series, i);
      if (shown)
        path += text(pen_down ? "L" : "M", pixel(at_x(series.x[i])), " ", pixel(at_y(series.y[i])));
      pen_down = shown;
    }
    out_ += text("<path d=\"", path, "\" fill=\"none\" stroke=\"", xml_text(colour),
                 "\" stroke-width=\"", pixel(series.size > 0 ? series.size : 2),
                 "\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n");
  }

  void draw_points(const plot_series& series, std::string_view colour) {
    // Fewer points are drawn larger and more opaque.
    const bool sparse = series.y.size() < 300;
    const std::string radius = pixel(series.size > 0 ? series.size : sparse ? 3 : 1.7);
    out_ += text("<g fill=\"", xml_text(colour), "\" fill-opacity=\"", sparse ? "0.85" : "0.5",
                 "\">\n");
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (!visible(series, i)) continue;
      out_ += text("<circle cx=\"", pixel(at_x(series.x[i])), "\" cy=\"", pixel(at_y(series.y[i])),
                   "\" r=\"", radius, "\"/>\n");
    }
    out_ += "</g>\n";
  }

  void draw_bars(const plot_series& series, std::string_view colour) {
    std::string path;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (!visible(series, i) || !x_.has(series.x[i + 1])) continue;
      path += text("M", pixel(at_x(series.x[i])), " ", pixel(area_.bottom()), "V",
                   pixel(at_y(series.y[i])), "H", pixel(at_x(series.x[i + 1])), "V",
                   pixel(area_.bottom()), "Z");
    }
    out_ += text("<path d=\"", path, "\" fill=\"", xml_text(colour),
                 "\" fill-opacity=\"0.55\" stroke=\"#ffffff\" stroke-width=\"0.8\"/>\n");
  }

  void axes() {
    out_ += text("<path d=\"M", pixel(area_.x), " ", pixel(area_.bottom()), "H",
                 pixel(area_.right()), "\" stroke=\"#80868b\" stroke-width=\"1.2\"/>\n");
    for (const auto& tick : x_ticks_) {
      if (tick.label.empty()) continue;
      out_ += svg_text(at_x(tick.value), area_.bottom() + axis_gap + tick_size - 1, tick_size,
                       tick.label, text("text-anchor=\"middle\" ", soft_ink));
    }
    for (const auto& tick : y_ticks_) {
      if (tick.label.empty()) continue;
      out_ += svg_text(area_.x - axis_gap, at_y(tick.value) + tick_size * 0.35, tick_size,
                       tick.label, text("text-anchor=\"end\" ", soft_ink));
    }
    axis_labels();
  }

  void axis_labels() {
    const double x = area_.x + area_.width / 2;
    const double y = area_.y + area_.height / 2;
    if (!panel_.x.label.empty()) {
      out_ += svg_text(x, area_.bottom() + axis_gap + tick_size + label_size + 6, label_size,
                       fitted_text(panel_.x.label, label_size, area_.width),
                       text("text-anchor=\"middle\" ", ink));
    }
    if (!panel_.y.label.empty()) {
      const double left = frame_.x + label_size;
      out_ += svg_text(left, y, label_size, fitted_text(panel_.y.label, label_size, area_.height),
                       text("text-anchor=\"middle\" transform=\"rotate(-90 ", pixel(left), " ",
                            pixel(y), ")\" ", ink));
    }
  }

  void legend() {
    for (const legend_entry& entry : legend_) {
      const std::string colour = xml_text(entry.colour);
      if (entry.series->mark == plot_mark::line) {
        out_ += text("<path d=\"M", pixel(entry.x), " ", pixel(entry.y), "h20\" stroke=\"", colour,
                     "\" stroke-width=\"2.6\" stroke-linecap=\"round\"/>\n");
      } else if (entry.series->mark == plot_mark::points) {
        out_ += text("<circle cx=\"", pixel(entry.x + 14), "\" cy=\"", pixel(entry.y),
                     "\" r=\"4\" fill=\"", colour, "\" fill-opacity=\"0.85\"/>\n");
      } else {
        out_ +=
            text("<rect x=\"", pixel(entry.x + 8), "\" y=\"", pixel(entry.y - 6),
                 "\" width=\"12\" height=\"12\" fill=\"", colour, "\" fill-opacity=\"0.55\"/>\n");
      }
      const double room = frame_.right() - entry.x - 27;
      out_ += svg_text(entry.x + 27, entry.y + label_size * 0.36, label_size,
                       fitted_text(entry.series->label, label_size, room), ink);
    }
  }

  const plot_panel& panel_;
  rectangle frame_;
  plot_scale x_;
  plot_scale y_;
  std::vector<plot_tick> x_ticks_;
  std::vector<plot_tick> y_ticks_;
  std::vector<legend_entry> legend_;
  rectangle area_{};
  std::string out_;
};

}  // namespace

void check_series(const plot_series& series) {
  const bool bars = series.mark == plot_mark::bars;
  const std::size_t expected = series.y.size() + (bars ? 1 : 0);
  FLOWKIT_VALIDATE(series.x.size() == expected, "series \"", series.label, "\" has ",
                   series.x.size(), " x and ", series.y.size(), " y values; ",
                   bars ? "bars need one x more than y (their edges)" : "give equally many");
  FLOWKIT_VALIDATE(series.size >= 0 && series.size <= largest_size, "series \"", series.label,
                   "\" has marks of size ", series.size, "; give pixels up to ", largest_size,
                   ", or 0 to have a size chosen");
}

std::string draw_panel(const plot_panel& panel, const rectangle& frame) {
  const bool x_log = panel.x.scale == axis_scale::log;
  const bool y_log = panel.y.scale == axis_scale::log;
  FLOWKIT_VALIDATE(panel.aspect == plot_aspect::fill || !(x_log || y_log), "panel \"", panel.title,
                   "\" has plot_aspect::equal and a logarithmic ",
                   x_log && y_log ? "x and y axis"
                   : x_log        ? "x axis"
                                  : "y axis",
                   ", on which no unit has one length: use plot_aspect::fill or linear axes");
  return panel_drawing(panel, frame).svg();
}

}  // namespace flowkit::detail
