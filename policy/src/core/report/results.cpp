// The table of methods, and the method of the report against every other one.
#include "core/report/charts.hpp"
#include "core/report/pairing.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy::detail {
namespace {

using alignment = column::alignment;

markup small(std::string_view text) { return element("small", words(text)); }

markup name_cell(const method_row& row) { return swatch(row.colour) + words(row.summary.label); }

markup success_cell(const method_summary& s) {
  if (s.success.trials == 0) return words("–");
  markup out = words(percent(s.success.share())) + small(percent(s.success_range));
  if (s.over_seeds) {
    out += small(text(s.over_seeds->count, " training seeds: ± ",
                      fixed(50 * (s.over_seeds->range.high - s.over_seeds->range.low), 1)));
  }
  if (s.over_noise) {
    out += small(text(s.own_noise ? "noise: " : "other noise seeds: ", percent(*s.over_noise)));
  }
  return out;
}

/// Where the axis of success begins: the multiple of 20 % below all intervals.
double success_axis(const report_view& view) {
  double least = 1;
  for (const method_row& row : view.rows) least = std::min(least, row.summary.success_range.low);
  return std::floor(std::min(least, 0.8) * 5) / 5;
}

markup success_picture(const method_row& row, double low) {
  const method_summary& s = row.summary;
  if (s.success.trials == 0) return {};
  return inline_picture(
      dot_and_whisker{.value = s.success.share(),
                      .range = s.success_range,
                      .low = low,
                      .colour = row.colour,
                      .text = text("success of ", s.label, ": ", percent(s.success.share()), ", ",
                                   percent(s.success_range))});
}

markup distance_cell(const method_summary& s) {
  markup out = words(fixed(s.distance, 3));
  return s.action_spread ? out + small(text("spread ", fixed(s.action_spread, 3))) : out;
}

markup latency_cell(const report_view& view, const method_row& row) {
  const method_summary& s = row.summary;
  if (!s.latency) return words("–");
  markup out =
      words(significant(s.latency->p50)) + small(text("p99 ", significant(s.latency->p99)));
  const method_row* base = view.reference_of(row);
  const bool together = base != nullptr && base != &row && why_apart(view, row, *base).empty();
  const auto saved = together ? latency_reduction(s, base->summary) : std::optional<double>();
  return saved ? out + small(text(*saved > 0 ? "−" : "+", percent(std::abs(*saved)))) : out;
}

/// What the policy met that the demonstrations had not, and what it wanted to do that they had not.
markup beyond_cell(const method_summary& s) {
  return words(percent(s.outside, 2)) + small(text("clipped ", percent(s.clipped, 2))) +
         small(text("guarded ", percent(s.guarded_share)));
}

table_row method_cells(const report_view& view, const method_row& row, double axis) {
  const method_summary& s = row.summary;
  return {.cells = {name_cell(row), success_picture(row, axis), success_cell(s), distance_cell(s),
                    words(fixed(s.seam, 3)), words(percent(s.acceptance, 0)),
                    words(fixed(s.evaluations, 1)), latency_cell(view, row), beyond_cell(s)},
          .css_class = view.primary_row() == &row ? "primary" : ""};
}

/// Ends of an axis for differences: the smallest round one that holds all of them.
double axis_for(const std::vector<method_comparison>& pairs) {
  double largest = 0;
  for (const method_comparison& p : pairs) {
    largest = std::max({largest, std::abs(p.difference.low), std::abs(p.difference.high)});
  }
  for (const double end : {0.05, 0.1, 0.2, 0.5}) {
    if (largest <= end) return end;
  }
  return 1;
}

markup distance_cell(const method_comparison& pair) {
  if (!pair.distances || pair.distances->units == 0) return words("–");
  const mean_estimate& d = pair.distances->difference;
  markup out = words(text(d.mean > 0 ? "+" : "", fixed(d.mean, 4)));
  if (d.count > 1) out += small(text(fixed(d.range.low, 4), " to ", fixed(d.range.high, 4)));
  return out;
}

markup closer_cell(const method_comparison& pair) {
  if (!pair.distances || pair.distances->units == 0) return words("–");
  const paired_distances& d = *pair.distances;
  return words(text(d.first_closer, " of ", d.units)) + small(p_value(d.wilcoxon_p));
}

table_row pair_cells(const method_comparison& pair, double axis, const std::string& colour) {
  const double difference = pair.outcomes.difference();
  const std::string range = text(points(pair.difference.low), " to ", points(pair.difference.high));
  return {.cells = {words(text(pair.first, " less ", pair.second)),
                    inline_picture(dot_and_whisker{
                        .value = difference,
                        .range = pair.difference,
                        .low = -axis,
                        .high = axis,
                        .colour = colour,
                        .text = text("difference ", points(difference), " points, ", range)}),
                    words(points(difference)) + small(range),
                    words(text(pair.outcomes.only_first, " : ", pair.outcomes.only_second)) +
                        small(text("of ", grouped(pair.outcomes.episodes()))),
                    words(p_value(pair.mcnemar_p)), distance_cell(pair), closer_cell(pair)}};
}

}  // namespace

markup method_table(const report_view& view) {
  const double axis = success_axis(view);
  const std::vector<column> columns = {{"Method @ steps"},
                                       {text(fixed(100 * axis, 0), " … 100 %")},
                                       {"Success", alignment::number},
                                       {"Distance to expert", alignment::number},
                                       {"Seam", alignment::number},
                                       {"Accepted", alignment::number},
                                       {"Network evaluations", alignment::number},
                                       {"Milliseconds per chunk", alignment::number},
                                       {"Out of range", alignment::number}};
  std::vector<table_row> rows;
  const method_row* previous = nullptr;
  for (const method_row& row : view.rows) {
    const bool new_task = previous == nullptr || previous->summary.task != row.summary.task;
    if (view.several_tasks() && new_task) {
      rows.push_back({.cells = {words(row.summary.task)}, .css_class = "task"});
      rows.back().cells.resize(columns.size());
    }
    rows.push_back(method_cells(view, row, axis));
    previous = &row;
  }
  return table(
      "Success with Wilson 95 % intervals; distance and seam in action units, lower is better; "
      "times are medians, below them how much longer or shorter than that of base.",
      columns, rows);
}

markup results_section(const report_view& view) {
  if (view.rows.empty()) return {};
  return section(
      "results", "Results",
      "Every method on the same starts. Distance: how far predicted chunks are from the expert's "
      "at "
      "held-out windows. Seam: how far the first executed action of a chunk is from the last one "
      "of the chunk before. "
      "Accepted: share of the student's training pairs that alignment replaced by expert chunks. "
      "Out of range: share of observations of which some dimension left the range of the "
      "demonstrations; clipped: so far that it was clipped. Guarded: share of actions that the "
      "guard "
      "changed, because they left the demonstrated range or went too far in a step. Spread: how "
      "far "
      "chunks of different noise at one window are from their mean.",
      method_table(view));
}

markup paired_section(const report_view& view) {
  if (view.primary_row() == nullptr) return {};
  const method_row& primary = *view.primary_row();
  std::vector<method_comparison> pairs;
  std::vector<std::string> colours;
  markup apart;
  for (const method_row& row : view.rows) {
    if (&row == &primary || row.summary.task != primary.summary.task) continue;
    const std::string reason = why_apart(view, primary, row);
    if (!reason.empty()) {
      apart += element(
          "li", words(text(primary.summary.label, " and ", row.summary.label, ": ", reason)));
      continue;
    }
    pairs.push_back(compared(view, primary, row));
    colours.push_back(row.colour);
    if (pairs.back().outcomes.episodes() == 0) pairs.pop_back(), colours.pop_back();
  }
  if (!apart.empty()) {
    apart = element(
        "div", {{"class", "warning"}},
        paragraph("Not compared; evaluate again, or run the stages again:") + element("ul", apart));
  }
  if (pairs.empty()) return section("paired", "Paired comparisons", "", apart);
  const double axis = axis_for(pairs);
  std::vector<table_row> rows;
  rows.reserve(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    rows.push_back(pair_cells(pairs[i], axis, colours[i]));
  }
  const std::string end = fixed(100 * axis, 0);
  const bool several = std::any_of(view.rows.begin(), view.rows.end(),
                                   [](const method_row& r) { return r.evaluations.size() > 1; });
  return section(
      "paired", "Paired comparisons",
      text("The same starts under two methods: only episodes that one of them solves and the other "
           "does not can tell them apart. An interval that contains zero leaves the question open. "
           "Distances are compared over the episodes that held-out windows come from, since "
           "windows of one episode overlap. The p values are not corrected for the number of rows.",
           several ? " Of several training seeds, the first that may be compared is." : ""),
      apart +
          table(
              "Success: percentage points, Newcombe 95 % intervals, exact McNemar test. Distance: "
              "less is "
              "closer to the expert; Wilcoxon signed-rank test.",
              {{"Pair"},
               {text("−", end, " … +", end)},
               {"Success", alignment::number},
               {"Solved by one only", alignment::number},
               {"McNemar", alignment::number},
               {"Distance", alignment::number},
               {"Closer in", alignment::number}},
              rows));
}

}  // namespace flowkit::policy::detail
