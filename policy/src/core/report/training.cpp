// Training curves, a chart per stage and kind of metric.
#include "core/report/charts.hpp"
#include "core/report/sections.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t points = 400;  // about one per pixel
constexpr std::size_t most_other_charts = 12;

bool is_loss(const training_curve& curve) { return curve.metric.find("loss") != std::string::npos; }

std::vector<std::string> stages_of(const std::vector<training_curve>& curves) {
  std::vector<std::string> out;
  for (const training_curve& c : curves) {
    if (std::find(out.begin(), out.end(), c.stage) == out.end()) out.push_back(c.stage);
  }
  return out;
}

void add_curve(plot_panel& panel, const training_curve& curve) {
  const training_curve drawn = thinned(curve, points);
  panel.line(curve.metric, drawn.steps, drawn.values);
  panel.series.back().size = 1.6;
  panel.series.back().colour = colour_of(panel.series.size() - 1);
}

chart loss_chart(const std::vector<training_curve>& curves, const std::string& stage) {
  chart out{.panel = {.x = {.label = "step"}, .y = {.label = "loss", .scale = axis_scale::log}},
            .title = text("Stage ", stage),
            .caption =
                "Loss over training steps, logarithmic. Held-out loss that rises while the "
                "training loss falls means over-fitting."};
  for (const training_curve& c : curves) {
    if (c.stage == stage && is_loss(c)) add_curve(out.panel, c);
  }
  return out;
}

}  // namespace

markup training_section(const report_view& view) {
  const auto& curves = view.run->curves;
  std::vector<chart> losses;
  for (const std::string& stage : stages_of(curves)) {
    chart one = loss_chart(curves, stage);
    if (!one.panel.series.empty()) losses.push_back(std::move(one));
  }
  std::vector<chart> others;
  for (const training_curve& c : curves) {
    if (is_loss(c) || others.size() == most_other_charts) continue;
    others.push_back({.panel = {.x = {.label = "step"}, .y = {.label = c.metric}},
                      .title = text("Stage ", c.stage, ": ", c.metric),
                      .caption = "Over training steps."});
    add_curve(others.back().panel, c);
    others.back().panel.series.back().label.clear();
  }
  markup content = figures(losses);
  if (!others.empty()) {
    content += element("details", element("summary", words("Other metrics")) + figures(others));
  }
  return section("training", "Training",
                 "Each point is a mean over neighbouring steps where there are more steps than "
                 "pixels.",
                 content);
}

}  // namespace flowkit::policy::detail
