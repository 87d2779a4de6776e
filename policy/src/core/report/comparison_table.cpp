#include "core/report/pairing.hpp"
#include "core/report/run_lines.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/policy/report/comparison_table.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy {
namespace {

using detail::fixed;
using detail::method_row;
using detail::report_view;
using detail::run_line;

constexpr std::string_view teacher_label = "base@100";
constexpr std::string_view plain_label = "reflow@1";
constexpr std::string_view student_label = "sefa@1";

/// Why a run that has the three methods has no verdict; empty if it has one.
std::string why_none(const run_line& s) {
  const method_row* const student = s.find(student_label);
  for (const std::string_view other : {teacher_label, plain_label}) {
    const method_row* const row = s.find(other);
    if (student == nullptr || row == nullptr) return {};
    const std::string apart = why_apart(*s.view, *student, *row);
    if (!apart.empty()) return text(student_label, " and ", other, " are not compared: ", apart);
  }
  return {};
}

std::optional<student_verdict> verdict_of(const run_line& s) {
  const method_row* const student = s.find(student_label);
  const method_row* const teacher = s.find(teacher_label);
  const method_row* const plain = s.find(plain_label);
  if (student == nullptr || teacher == nullptr || plain == nullptr) return std::nullopt;
  if (!why_none(s).empty()) return std::nullopt;
  student_verdict out{.run = s.view->run->name,
                      .task = s.task,
                      .with_teacher = compared(*s.view, *student, *teacher),
                      .with_plain = compared(*s.view, *student, *plain),
                      .acceptance = student->summary.acceptance,
                      .latency_reduction = latency_reduction(student->summary, teacher->summary)};
  if (out.with_teacher.distances && out.with_plain.distances) {  // at the same windows
    out.gap_closed = detail::gap_closed(*s.view, *student, *plain, *teacher);
  }
  const auto overlap = [](const method_row& row) {
    return coverage_of(row.summary.modes, row.summary.expert_modes).overlap;
  };
  const double coverage = overlap(*student) / overlap(*teacher);
  if (std::isfinite(coverage)) out.coverage = coverage;
  return out;
}

std::string line(std::span<const std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += text(" ", cell, " |");
  return out + "\n";
}

std::string heading(std::vector<std::string> cells) {
  const std::string names = line(cells);
  std::fill(cells.begin(), cells.end(), "---");
  return names + line(cells);
}

std::string outcome_cell(const method_summary& s) {
  if (s.success.trials == 0) return "–";
  const std::string outcome =
      text(detail::percent(s.success.share()), " [", fixed(100 * s.success_range.low, 1), ", ",
           fixed(100 * s.success_range.high, 1), "]");
  return s.latency ? text(outcome, ", ", detail::significant(s.latency->p50), " ms") : outcome;
}

std::string distance_cell(const method_summary& s) {
  return text(fixed(s.distance, 4), " · ", fixed(s.seam, 3));
}

std::string guard_cell(const method_summary& s) {
  return text(detail::percent(s.guarded_share), " · ", fixed(s.action_spread, 3));
}

std::string methods_table(const std::vector<report_view>& views) {
  const std::vector<std::string> labels = detail::labels_of(views);
  std::vector<std::string> names{"run", "task", ""};
  names.insert(names.end(), labels.begin(), labels.end());
  std::string out = heading(std::move(names));
  const auto add = [&](const run_line& s, std::string_view what, auto cell_of) {
    std::vector<std::string> cells{s.view->run->name, s.task, std::string(what)};
    for (const std::string& label : labels) {
      const method_row* const row = s.find(label);
      cells.push_back(row == nullptr ? "–" : cell_of(row->summary));
    }
    out += line(cells);
  };
  for (const run_line& s : detail::lines_of(views)) {
    add(s, "success, time per chunk", outcome_cell);
    add(s, "distance · seam", distance_cell);
    add(s, "guarded · spread", guard_cell);
  }
  return out;
}

std::string success_cell(const method_comparison& c) {
  return text(detail::points(c.outcomes.difference()), " [", detail::points(c.difference.low), ", ",
              detail::points(c.difference.high), "]");
}

std::string distance_cell(const method_comparison& c) {
  if (!c.distances) return "–";
  return text(fixed(c.distances->difference.mean, 4), ", ",
              detail::p_value(c.distances->wilcoxon_p));
}

/// Mean over the verdicts that have a value; a dash without any.
template <class Value, class Write>
std::string mean_cell(std::span<const student_verdict> verdicts, Value value, Write write) {
  std::vector<double> values;
  for (const student_verdict& v : verdicts) {
    const std::optional<double> one = value(v);
    if (one && std::isfinite(*one)) values.push_back(*one);
  }
  return values.empty() ? "–" : write(estimate_mean(values).mean);
}

std::string means_line(std::span<const student_verdict> verdicts) {
  const auto percent = [](double share) { return detail::percent(share); };
  const auto mean_of = [&](auto value, auto write) { return mean_cell(verdicts, value, write); };
  const auto optional = [](double value) { return std::optional(value); };
  const std::vector<std::string> cells{
      "mean",
      "",
      mean_of([&](const auto& v) { return optional(v.with_teacher.outcomes.difference()); },
              detail::points),
      mean_of([&](const auto& v) { return optional(v.with_plain.outcomes.difference()); },
              detail::points),
      mean_of(
          [&](const auto& v) {
            const auto& d = v.with_plain.distances;
            return d ? optional(d->difference.mean) : std::nullopt;
          },
          [](double d) { return fixed(d, 4); }),
      mean_of([](const auto& v) { return v.gap_closed; }, percent),
      mean_of([](const auto& v) { return v.acceptance; }, percent),
      mean_of([](const auto& v) { return v.coverage; }, [](double c) { return fixed(c, 2); }),
      mean_of([](const auto& v) { return v.latency_reduction; }, percent)};
  return line(cells);
}

std::string verdicts_table(std::span<const student_verdict> verdicts) {
  std::string out = heading({"run", "task", "success: sefa@1 − base@100", "sefa@1 − reflow@1",
                             "distance: sefa@1 − reflow@1", "gap closed", "replaced",
                             "modes of base's", "time saved"});
  for (const student_verdict& v : verdicts) {
    const std::vector<std::string> cells{v.run,
                                         v.task,
                                         success_cell(v.with_teacher),
                                         success_cell(v.with_plain),
                                         distance_cell(v.with_plain),
                                         detail::percent(v.gap_closed),
                                         detail::percent(v.acceptance),
                                         fixed(v.coverage, 2),
                                         detail::percent(v.latency_reduction)};
    out += line(cells);
  }
  return verdicts.size() > 1 ? out + means_line(verdicts) : out;
}

}  // namespace

std::vector<student_verdict> student_verdicts(std::span<const run_record> runs) {
  const std::vector<report_view> views = detail::views_of(runs);
  std::vector<student_verdict> out;
  for (const run_line& s : detail::lines_of(views)) {
    if (auto verdict = verdict_of(s)) out.push_back(std::move(*verdict));
  }
  return out;
}

std::vector<std::string> not_compared(std::span<const run_record> runs) {
  const std::vector<report_view> views = detail::views_of(runs);
  std::vector<std::string> out;
  for (const run_line& s : detail::lines_of(views)) {
    const std::string reason = why_none(s);
    if (!reason.empty()) out.push_back(text(s.view->run->name, ", ", s.task, ": ", reason));
  }
  return out;
}

std::string comparison_markdown(std::span<const run_record> runs) {
  std::string out = methods_table(detail::views_of(runs));
  const std::vector<student_verdict> verdicts = student_verdicts(runs);
  if (!verdicts.empty()) out += text("\n", verdicts_table(verdicts));
  for (const std::string& reason : not_compared(runs)) out += text("\n", reason, "\n");
  return out;
}

}  // namespace flowkit::policy
