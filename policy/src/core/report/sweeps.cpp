// One parameter varied: a chart per figure of merit.
#include "core/report/charts.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <functional>

namespace flowkit::policy::detail {
namespace {

/// A figure of merit of a point, and how its chart is titled.
struct merit {
  std::string_view title;
  std::string_view label;
  std::string_view caption;
  std::function<std::optional<double>(const sweep_point&)> value;
};

std::optional<double> success_percent(const sweep_point& p) {
  if (!p.success || p.success->trials == 0) return std::nullopt;
  return 100 * p.success->share();
}

std::optional<double> acceptance_percent(const sweep_point& p) {
  return p.acceptance ? std::optional(100 * *p.acceptance) : std::nullopt;
}

std::vector<merit> merits() {
  return {{"Success", "success, %", "Whiskers are Wilson 95 % intervals.", success_percent},
          {"Distance to the expert", "action units", "At held-out windows; lower is better.",
           [](const sweep_point& p) { return p.distance; }},
          {"Seam", "action units", "Between consecutive chunks, as executed; lower is smoother.",
           [](const sweep_point& p) { return p.seam; }},
          {"Acceptance", "replaced pairs, %", "Share of the couplings that alignment replaced.",
           acceptance_percent},
          {"Mode coverage", "share", "Of the experts' ways; 1 is complete.",
           [](const sweep_point& p) { return p.coverage; }}};
}

std::vector<std::string> series_of(const sweep_record& sweep) {
  std::vector<std::string> out;
  for (const sweep_point& p : sweep.points) {
    if (std::find(out.begin(), out.end(), p.series) == out.end()) out.push_back(p.series);
  }
  return out;
}

/// Ends of the values that are varied; {0, 1} without any.
interval extent_of(const sweep_record& sweep) {
  std::vector<double> values;
  for (const sweep_point& p : sweep.points) {
    if (p.value) values.push_back(*p.value);
  }
  if (values.empty()) return {0, 1};
  const auto ends = std::minmax_element(values.begin(), values.end());
  return {*ends.first, *ends.second};
}

std::vector<sweep_point> points_of(const sweep_record& sweep, const std::string& series,
                                   const merit& what) {
  std::vector<sweep_point> out;
  for (const sweep_point& p : sweep.points) {
    if (p.series == series && what.value(p)) out.push_back(p);
  }
  std::stable_sort(out.begin(), out.end(), [](const sweep_point& a, const sweep_point& b) {
    return a.value.value_or(0) < b.value.value_or(0);
  });
  return out;
}

/// Draws one series: level lines for points without value, a line with marks for the others.
void add_series(plot_panel& panel, const std::vector<sweep_point>& points, const merit& what,
                const interval& extent, const std::string& name, std::size_t number) {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<interval> ranges;
  for (const sweep_point& p : points) {
    const double value = *what.value(p);
    if (!p.value) {
      const std::vector<double> ends = {extent.low, extent.high};
      const std::vector<double> level = {value, value};
      panel.line(name, ends, level).series.back().colour = colour_of(number);
      panel.series.back().size = 1.2;
      continue;
    }
    x.push_back(*p.value);
    y.push_back(value);
    if (what.title == "Success") {
      const interval range = wilson_interval(*p.success);
      ranges.push_back({100 * range.low, 100 * range.high});
    }
  }
  if (x.empty()) return;
  if (!ranges.empty()) add_whiskers(panel, x, ranges, colour_of(number));
  panel.line(name, x, y).series.back().colour = colour_of(number);
  panel.scatter("", x, y).series.back().colour = colour_of(number);
  panel.series.back().size = 3.5;
}

bool has_levels(const sweep_record& sweep) {
  return std::any_of(sweep.points.begin(), sweep.points.end(),
                     [](const sweep_point& p) { return !p.value; });
}

/// The chart of one figure of merit, without series if nobody measured it.
chart chart_of(const sweep_record& sweep, const merit& what) {
  chart out;
  out.title = what.title;
  out.caption = what.caption;
  const bool of_couplings = !sweep.policy.empty();  // no student was trained, none evaluated
  if (of_couplings && what.title == "Distance to the expert") {
    out.caption = "From the end points of couplings to the expert's chunk; lower is better.";
  }
  if (has_levels(sweep)) out.caption += " Level lines do not depend on what is varied.";
  out.panel.x.label = sweep.parameter;
  out.panel.x.scale = sweep.scale;
  out.panel.y.label = what.label;
  const auto names = series_of(sweep);
  for (std::size_t i = 0; i < names.size(); ++i) {
    add_series(out.panel, points_of(sweep, names[i], what), what, extent_of(sweep), names[i], i);
  }
  return out;
}

}  // namespace

markup sweep_charts(const sweep_record& sweep) {
  std::vector<chart> charts;
  for (const merit& what : merits()) {
    charts.push_back(chart_of(sweep, what));
    if (charts.back().panel.series.empty()) charts.pop_back();
  }
  if (charts.empty()) return {};
  return element("h3", {{"class", "part"}}, words(text("Over ", sweep.parameter))) +
         (sweep.caption.empty() ? markup{} : paragraph(sweep.caption)) + figures(charts);
}

markup sweeps_section(const report_view& view) {
  markup content;
  for (const sweep_record& sweep : view.run->sweeps) content += sweep_charts(sweep);
  return section("sweeps", "Sweeps", "One setting varied, all others kept.", content);
}

}  // namespace flowkit::policy::detail
