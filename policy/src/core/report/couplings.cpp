// Generated pairs before and after alignment with experts.
#include "core/report/charts.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy::detail {
namespace {

using alignment = column::alignment;

constexpr std::size_t before_colour = 1;
constexpr std::size_t after_colour = 0;

std::vector<double> edges(std::size_t bins, double end) {
  std::vector<double> out;
  for (std::size_t i = 0; i <= bins; ++i) {
    out.push_back(end * static_cast<double>(i) / static_cast<double>(bins));
  }
  return out;
}

void add_histogram(plot_panel& panel, std::string label, const distance_histogram& h,
                   std::size_t colour) {
  panel.series.push_back({.label = std::move(label),
                          .x = edges(h.counts.size(), h.bin_end),
                          .y = {h.counts.begin(), h.counts.end()},
                          .mark = plot_mark::bars,
                          .colour = colour_of(colour)});
}

bool has_histograms(const couplings_record& r) {
  return !r.before.counts.empty() && r.before.bin_end > 0;
}

chart histogram_chart(const couplings_record& r) {
  chart out{.panel = {.x = {.label = "distance to the expert chunk, action units", .low = 0},
                      .y = {.label = "pairs"}},
            .title = "Distances before and after alignment",
            .caption =
                text("Mean ", fixed(r.before.mean, 3), " before, ", fixed(r.after.mean, 3),
                     " after; 90 % within ", fixed(r.before.p90, 3), " and ", fixed(r.after.p90, 3),
                     ". Pairs that moved to an expert chunk gather at zero; what is left "
                     "to the right was too far from every expert to be touched.")};
  add_histogram(out.panel, "before", r.before, before_colour);
  add_histogram(out.panel, "after", r.after, after_colour);
  return out;
}

chart phase_chart(const couplings_record& r) {
  chart out{.panel = {.x = {.label = "part of the episode", .low = 0.5},
                      .y = {.label = "replaced, %", .low = 0, .high = 100}},
            .title = "Acceptance over the episode",
            .caption =
                "Share of the pairs of each part whose end point became an expert chunk. "
                "Precise phases, where experts agree, accept more."};
  plot_series bars{.mark = plot_mark::bars, .colour = colour_of(2)};
  for (std::size_t i = 0; i < r.pairs_by_phase.size(); ++i) {
    bars.x.push_back(static_cast<double>(i) + 0.5);
    bars.y.push_back(100 * proportion{r.replaced_by_phase[i], r.pairs_by_phase[i]}.share());
  }
  bars.x.push_back(static_cast<double>(r.pairs_by_phase.size()) + 0.5);
  out.panel.x.high = bars.x.back();
  out.panel.series.push_back(std::move(bars));
  return out;
}

curve_bundle bundle_of(const std::vector<projected_chunk>& chunks) {
  curve_bundle out;
  for (const projected_chunk& chunk : chunks) out.add(chunk.x, chunk.y);
  return out;
}

/// Ends of an axis that holds all finite values of the three bundles.
interval range_of(const std::vector<const std::vector<double>*>& columns) {
  interval out{INFINITY, -INFINITY};
  for (const auto* column : columns) {
    for (const double value : *column) {
      if (!std::isfinite(value)) continue;
      out = {std::min(out.low, value), std::max(out.high, value)};
    }
  }
  const double margin = 0.05 * (out.high - out.low);
  return {out.low - margin, out.high + margin};
}

void set_range(plot_axis& axis, const interval& range) {
  if (!(range.low < range.high)) return;
  axis.low = range.low;
  axis.high = range.high;
}

/// Trajectories before and after on equal axes, over those of experts.
std::vector<chart> trajectory_charts(const couplings_record& r) {
  const curve_bundle experts = bundle_of(r.experts);
  const curve_bundle generated = bundle_of(r.generated);
  const curve_bundle aligned = bundle_of(r.aligned);
  const auto draw = [&](std::string title, std::string caption, const curve_bundle& over,
                        std::string label, std::size_t colour) {
    chart out{.panel = {.x = {.label = r.x_label},
                        .y = {.label = r.y_label},
                        .aspect = plot_aspect::equal},
              .title = std::move(title),
              .caption = std::move(caption)};
    set_range(out.panel.x, range_of({&experts.x, &generated.x, &aligned.x}));
    set_range(out.panel.y, range_of({&experts.y, &generated.y, &aligned.y}));
    out.panel.line("experts", experts.x, experts.y).line(std::move(label), over.x, over.y);
    out.panel.series[0].colour = quiet_colour.light;
    out.panel.series[0].size = 1.1;
    out.panel.series[1].colour = colour_of(colour);
    out.panel.series[1].size = 1.3;
    return out;
  };
  return {draw("Trajectories as the flow generated them",
               "Chunks of sampled pairs over expert chunks. Where the coloured lines leave the "
               "grey ones, the pair drifted from the demonstrations.",
               generated, "generated", before_colour),
          draw("The same pairs after alignment",
               "Pairs near an expert lie on the grey lines now; pairs in between two ways were "
               "kept, so that no average of ways is taught.",
               aligned, "aligned", after_colour)};
}

markup decision_table(const couplings_record& r) {
  std::vector<table_row> rows;
  const auto add = [&](std::string_view name, index_t count) {
    const double share = proportion{count, r.pairs}.share();
    rows.push_back({.cells = {words(name), words(grouped(count)), words(percent(share))}});
  };
  add("replaced by an expert chunk", r.replaced);
  add("of these, by the chunk of another window", r.replaced_by_other_window);
  add("kept: equal to the expert already", r.identical);
  add("kept: no expert near in action", r.no_expert_action);
  add("kept: near in action, not in observation", r.no_expert_feature);
  if (r.unfinished > 0) add("left out: the solver did not finish", r.unfinished);
  return element(
      "div", {{"class", "short"}},
      table("What was decided, pair by pair.",
            {{"Decision"}, {"Pairs", alignment::number}, {"Share", alignment::number}}, rows));
}

/// How alignment shifted the ways that the pairs take.
markup mode_table(const couplings_record& r) {
  std::vector<table_row> rows;
  for (const mode_count& m : r.modes_before) {
    rows.push_back({.cells = {words(m.mode), words(percent(mode_share(r.modes_before, m.mode))),
                              words(percent(mode_share(r.modes_after, m.mode)))}});
  }
  if (rows.empty()) return {};
  return element(
      "div", {{"class", "short"}},
      table("Ways that the pairs take; alignment should not shift them much.",
            {{"Way"}, {"Before", alignment::number}, {"After", alignment::number}}, rows));
}

/// "50 000 pairs, 91.3 % replaced; ..."
std::string summary_of(const couplings_record& r) {
  std::string out = text(grouped(r.pairs), " pairs, ", percent(r.acceptance()), " replaced");
  if (!r.alignment.empty()) out += text(" by the operator \"", r.alignment, "\"");
  if (r.evaluations) out += text("; ", evaluations(*r.evaluations), " per pair");
  if (r.generate_seconds) out += text("; generated in ", duration(*r.generate_seconds));
  if (r.align_seconds) out += text("; aligned in ", duration(*r.align_seconds));
  return out + ".";
}

markup part_of(const staged_couplings& staged) {
  const couplings_record& r = staged.record;
  std::vector<chart> charts;
  if (has_histograms(r)) charts.push_back(histogram_chart(r));
  if (!r.pairs_by_phase.empty()) charts.push_back(phase_chart(r));
  if (!r.generated.empty()) {
    const auto trajectories = trajectory_charts(r);
    charts.insert(charts.end(), trajectories.begin(), trajectories.end());
  }
  return element("h3", {{"class", "part"}}, words(text("Stage ", staged.stage))) +
         paragraph(summary_of(r)) + figures(charts) + decision_table(r) + mode_table(r);
}

}  // namespace

markup couplings_section(const report_view& view) {
  markup content;
  for (const staged_couplings& one : view.run->couplings) content += part_of(one);
  return section("couplings", "Couplings and their alignment",
                 "The base flow turns noise into chunks; the student learns these pairs in one "
                 "step. Alignment first moves end points to expert chunks where an expert did "
                 "nearly the same in the same situation, and keeps all others.",
                 content);
}

}  // namespace flowkit::policy::detail
