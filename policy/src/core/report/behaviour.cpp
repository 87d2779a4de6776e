// Modes and latency: what the policy does, and how long it thinks.
#include "core/report/charts.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy::detail {
namespace {

using alignment = column::alignment;

/// Names of all modes, those of experts first.
std::vector<std::string> mode_names(const std::vector<method_row>& rows, const std::string& task) {
  std::vector<std::string> out;
  const auto add = [&out](const mode_counts& counts) {
    for (const mode_count& m : counts) {
      if (std::find(out.begin(), out.end(), m.mode) == out.end()) out.push_back(m.mode);
    }
  };
  for (const method_row& row : rows) {
    if (row.summary.task == task) add(row.summary.expert_modes);
  }
  for (const method_row& row : rows) {
    if (row.summary.task == task) add(row.summary.modes);
  }
  return out;
}

markup mode_picture(const mode_counts& counts, const std::vector<std::string>& names) {
  share_bar bar;
  for (const std::string& name : names) {
    bar.shares.push_back(mode_share(counts, name));
    bar.text += text(bar.text.empty() ? "" : ", ", name, " ", percent(bar.shares.back(), 0));
  }
  return inline_picture(bar);
}

markup mode_legend(const std::vector<std::string>& names) {
  markup out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += element("li", swatch(colour_of(i)) + words(names[i]));
  }
  return element("ul", {{"class", "legend"}}, out);
}

index_t decided(const mode_counts& counts) {
  index_t out = 0;
  for (const mode_count& m : counts) out += m.count;
  return out;
}

table_row mode_cells(const report_view& view, const method_row& row,
                     const std::vector<std::string>& names) {
  const method_summary& s = row.summary;
  const mode_coverage coverage = coverage_of(s.modes, s.expert_modes);
  const method_row* base = view.reference_of(row);
  const double of_base =
      base != nullptr ? coverage_of(base->summary.modes, s.expert_modes).overlap : NAN;
  return {.cells = {swatch(row.colour) + words(s.label), mode_picture(s.modes, names),
                    words(fixed(coverage.overlap, 2)), words(fixed(coverage.least_ratio, 2)),
                    words(fixed(coverage.overlap / of_base, 2)),
                    words(text(grouped(s.success.trials - decided(s.modes)), " of ",
                               grouped(s.success.trials)))},
          .css_class = view.primary_row() == &row ? "primary" : ""};
}

markup modes_of_task(const report_view& view, const method_row& first) {
  const std::string& task = first.summary.task;
  const auto names = mode_names(view.rows, task);
  std::vector<table_row> rows;
  const mode_counts& experts = first.summary.expert_modes;
  rows.push_back(
      {.cells = {words("experts"), mode_picture(experts, names), words("1.00"), words("1.00"),
                 words("–"), words(text(grouped(decided(experts)), " demonstrations"))}});
  for (const method_row& row : view.rows) {
    if (row.summary.task == task) rows.push_back(mode_cells(view, row, names));
  }
  markup out = view.several_tasks() ? element("h3", {{"class", "part"}}, words(task)) : markup{};
  return out + mode_legend(names) +
         table("Share of the episodes that went each way.",
               {{"Method @ steps"},
                {"Ways taken"},
                {"Coverage", alignment::number},
                {"Least ratio", alignment::number},
                {"Against base", alignment::number},
                {"Undecided", alignment::number}},
               rows);
}

/// Share of the samples up to each of at most 200 quantiles.
void add_distribution(plot_panel& panel, const method_row& row, std::vector<double> samples) {
  constexpr std::size_t most_points = 200;
  std::sort(samples.begin(), samples.end());
  plot_series out{.label = row.summary.label, .colour = row.colour};
  const std::size_t points = std::min(samples.size(), most_points);
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t last = (i + 1) * samples.size() / points - 1;
    out.x.push_back(samples[last]);
    out.y.push_back(100 * static_cast<double>(last + 1) / static_cast<double>(samples.size()));
  }
  panel.series.push_back(std::move(out));
}

std::vector<double> latencies_of(const run_record& run, const method_row& row) {
  std::vector<double> out;
  for (const std::size_t i : row.evaluations) {
    const auto& samples = run.evaluations[i].latency_ms;
    out.insert(out.end(), samples.begin(), samples.end());
  }
  return out;
}

table_row latency_cells(const method_row& row) {
  const latency_summary& l = *row.summary.latency;
  return {.cells = {swatch(row.colour) + words(row.summary.label), words(significant(l.p50)),
                    words(significant(l.p90)), words(significant(l.p99)),
                    words(significant(l.maximum)), words(significant(l.mean)),
                    words(grouped(l.samples))}};
}

}  // namespace

markup modes_section(const report_view& view) {
  markup content;
  std::vector<std::string> done;
  for (const method_row& row : view.rows) {
    const std::string& task = row.summary.task;
    if (row.summary.expert_modes.empty() ||
        std::find(done.begin(), done.end(), task) != done.end()) {
      continue;
    }
    done.push_back(task);
    content += modes_of_task(view, row);
  }
  return section(
      "modes", "Ways to the goal",
      "Experts solve this task in more than one way. Coverage is the share of the experts' "
      "distribution that a method still shows: one less the total variation distance. The least "
      "ratio is that of the way that is neglected most; 0 means that a way was forgotten.",
      content);
}

markup latency_section(const report_view& view) {
  chart times{.panel = {.x = {.label = "milliseconds per chunk", .scale = axis_scale::log},
                        .y = {.label = "share of chunks, %", .low = 0, .high = 104}},
              .title = "Distribution of the time per chunk",
              .caption =
                  "A point (x, y) says: y percent of the chunks were ready within x "
                  "milliseconds. Steep curves are steady, a foot to the right is what a "
                  "control loop has to wait for."};
  std::vector<table_row> rows;
  for (const method_row& row : view.rows) {
    const bool shown = row.summary.task == view.rows.front().summary.task;
    if (!row.summary.latency || !shown) continue;
    add_distribution(times.panel, row, latencies_of(*view.run, row));
    rows.push_back(latency_cells(row));
  }
  if (rows.empty()) return {};
  return section("latency", "Latency",
                 "From observation to actions, with a warm policy. Percentiles are interpolated "
                 "between samples.",
                 figures(std::vector<chart>{times}) + table("Milliseconds per chunk.",
                                                            {{"Method @ steps"},
                                                             {"Median", alignment::number},
                                                             {"90 %", alignment::number},
                                                             {"99 %", alignment::number},
                                                             {"Longest", alignment::number},
                                                             {"Mean", alignment::number},
                                                             {"Chunks", alignment::number}},
                                                            rows));
}

}  // namespace flowkit::policy::detail
