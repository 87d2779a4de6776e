// How straight the flows are, and what fewer evaluations cost.
#include "core/report/charts.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

chart straightness_chart(const std::vector<straightness_curve>& curves) {
  chart out{.panel = {.x = {.label = "time: 0 noise, 1 action", .low = 0, .high = 1},
                      .y = {.label = "relative squared deviation", .low = 0}},
            .title = "Straightness of the flow",
            .caption =
                "Mean squared difference between the velocity on the way and the straight "
                "line from start to end, relative to the mean squared length of that line. At "
                "zero everywhere, one Euler step would be exact."};
  for (const straightness_curve& c : curves) {
    const std::string total = c.total ? text(" (mean ", significant(*c.total), ")") : "";
    out.panel.line(c.method + total, c.time, c.deviation);
    out.panel.series.back().colour = colour_of(out.panel.series.size() - 1);
  }
  return out;
}

std::string name_of(const solver_loss& e) {
  return e.method.empty() ? e.solver : text(e.method, ", ", e.solver);
}

/// A line and its points per flow and solver, by number of evaluations.
chart error_chart(std::vector<solver_loss> errors) {
  chart out{.panel = {.x = {.label = "network evaluations per chunk", .scale = axis_scale::log},
                      .y = {.label = "error, action units", .scale = axis_scale::log}},
            .title = "Error against network evaluations",
            .caption =
                "Distance between the chunks of a solver and those of a tight reference on "
                "the same flow. Further down is more exact, further left is cheaper."};
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.evaluations < b.evaluations; });
  std::vector<std::string> names;
  for (const solver_loss& e : errors) {
    if (std::find(names.begin(), names.end(), name_of(e)) == names.end()) {
      names.push_back(name_of(e));
    }
  }
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<double> x;
    std::vector<double> y;
    for (const solver_loss& e : errors) {
      if (name_of(e) == names[i]) x.push_back(e.evaluations), y.push_back(e.error);
    }
    out.panel.line(names[i], x, y).series.back().colour = colour_of(i);
    out.panel.scatter("", x, y).series.back().colour = colour_of(i);
    out.panel.series.back().size = 3.5;
  }
  return out;
}

}  // namespace

markup flow_section(const report_view& view) {
  const flow_record& flow = view.run->flow;
  std::vector<chart> charts;
  if (!flow.straightness.empty()) charts.push_back(straightness_chart(flow.straightness));
  if (!flow.errors.empty()) charts.push_back(error_chart(flow.errors));
  return section("flow", "The flow",
                 "Straight flows need few evaluations. These figures show how much is lost by "
                 "taking fewer steps, apart from what training did.",
                 figures(charts));
}

}  // namespace flowkit::policy::detail
