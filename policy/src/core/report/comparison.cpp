#include "core/report/charts.hpp"
#include "core/report/page.hpp"
#include "core/report/run_lines.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/comparison.hpp>

#include <algorithm>
#include <functional>

namespace flowkit::policy {
namespace {

using detail::markup;
using detail::method_row;
using detail::report_view;
using detail::run_line;
using detail::words;

/// A figure of merit with the way it is written.
struct merit {
  std::string_view title;
  std::string_view caption;
  std::function<std::optional<double>(const method_summary&)> value;
  std::function<std::string(double)> write;
};

std::string three_digits(double value) { return detail::fixed(value, 3); }
std::string as_percent(double share) { return detail::percent(share); }

std::vector<merit> merits() {
  return {{"Success", "Success with Wilson 95 % intervals.",
           [](const method_summary& s) {
             return s.success.trials > 0 ? std::optional(s.success.share()) : std::nullopt;
           },
           as_percent},
          {"Distance to the expert",
           "Mean distance to the expert chunk at held-out windows, action "
           "units; lower is better.",
           [](const method_summary& s) { return s.distance; }, three_digits},
          {"Seam",
           "Mean distance between the executed end of a chunk and the next executed action, action "
           "units; lower is smoother.",
           [](const method_summary& s) { return s.seam; }, three_digits},
          {"Acceptance", "Share of the couplings that alignment replaced.",
           [](const method_summary& s) { return s.acceptance; }, as_percent},
          {"Mode coverage", "Share of the experts' ways that is still taken.",
           [](const method_summary& s) {
             const double overlap = coverage_of(s.modes, s.expert_modes).overlap;
             return overlap >= 0 ? std::optional(overlap) : std::nullopt;
           },
           [](double value) { return detail::fixed(value, 2); }},
          {"Time per chunk", "Median milliseconds per chunk.",
           [](const method_summary& s) {
             return s.latency ? std::optional(s.latency->p50) : std::nullopt;
           },
           detail::significant}};
}

markup cell_of(const method_row* row, const merit& what, std::vector<double>& values) {
  const auto value = row != nullptr ? what.value(row->summary) : std::nullopt;
  if (!value) return words("–");
  values.push_back(*value);
  markup out = words(what.write(*value));
  if (what.title == "Success") {
    out += detail::element("small", words(detail::percent(row->summary.success_range)));
  }
  return out;
}

markup line_name(const run_line& line) {
  const run_record& run = *line.view->run;
  std::string settings;
  for (const named_number& p : run.info.parameters) {
    settings += text(settings.empty() ? "" : ", ", p.name, " ", p.value);
  }
  return words(line.task) + detail::element("small", words(settings.empty() ? run.name : settings));
}

/// Runs and tasks down, methods across; empty if no run measured it.
markup pivot(const std::vector<run_line>& lines, const std::vector<std::string>& labels,
             const merit& what) {
  std::vector<detail::column> columns = {{"Task and setting"}};
  for (const std::string& label : labels) {
    columns.push_back({label, detail::column::alignment::number});
  }
  std::vector<std::vector<double>> values(labels.size());
  std::vector<detail::table_row> rows;
  for (const run_line& line : lines) {
    rows.push_back({.cells = {line_name(line)}});
    for (std::size_t i = 0; i < labels.size(); ++i) {
      rows.back().cells.push_back(cell_of(line.find(labels[i]), what, values[i]));
    }
  }
  const auto measured = [](const auto& column) { return !column.empty(); };
  if (std::none_of(values.begin(), values.end(), measured)) return {};
  detail::table_row means{.cells = {words("mean")}, .css_class = "primary"};
  for (const auto& column : values) {
    means.cells.push_back(
        words(column.size() == lines.size() ? what.write(estimate_mean(column).mean) : "–"));
  }
  if (lines.size() > 1) rows.push_back(std::move(means));
  return detail::element("h3", {{"class", "part"}}, words(what.title)) +
         detail::table(what.caption, columns, rows);
}

markup problems_of(std::span<const run_record> runs) {
  markup items;
  for (const run_record& run : runs) {
    for (const std::string& problem : run.problems) {
      items += detail::element("li", words(problem));
    }
  }
  if (items.empty()) return {};
  return detail::section("missing", "Files that could not be read", "",
                         detail::element("ul", {{"class", "warning"}}, items));
}

std::optional<double> parameter_of(const run_record& run, const std::string& name) {
  for (const named_number& p : run.info.parameters) {
    if (p.name == name) return p.value;
  }
  return std::nullopt;
}

}  // namespace

sweep_record sweep_of(std::span<const run_record> runs, const comparison_options& options) {
  sweep_record out{.parameter = options.parameter, .scale = options.scale};
  for (const run_record& run : runs) {
    const report_view view = detail::view_of(run);
    for (const method_row& row : view.rows) {
      const method_summary& s = row.summary;
      sweep_point point{.series = view.several_tasks() ? text(s.label, ", ", s.task) : s.label,
                        .value = parameter_of(run, options.parameter),
                        .success = s.success,
                        .distance = s.distance,
                        .seam = s.seam,
                        .acceptance = s.acceptance};
      const double overlap = coverage_of(s.modes, s.expert_modes).overlap;
      if (overlap >= 0) point.coverage = overlap;
      out.points.push_back(std::move(point));
    }
  }
  return out;
}

std::string comparison_html(std::span<const run_record> runs, const comparison_options& options) {
  const std::vector<report_view> views = detail::views_of(runs);
  const auto lines = detail::lines_of(views);
  const auto labels = detail::labels_of(views);
  markup tables;
  for (const merit& what : merits()) tables += pivot(lines, labels, what);
  const markup charts =
      options.parameter.empty() ? markup{} : detail::sweep_charts(sweep_of(runs, options));
  const markup header = detail::paragraph(text("flowkit · ", runs.size(), " runs"), "eyebrow") +
                        detail::element("h1", words(options.title));
  return detail::page(
      options.title, header,
      {{"charts", "Charts",
        detail::section("charts", "Charts", "One setting varied, all others kept.", charts)},
       {"tables", "Tables",
        detail::section("tables", "Tables",
                        "A line per run and task, a column per method. Means are over lines, and "
                        "only where every line has a value.",
                        tables)},
       {"missing", "Problems", problems_of(runs)}});
}

void write_comparison(const std::string& path, std::span<const std::string> run_directories,
                      const comparison_options& options) {
  FLOWKIT_VALIDATE(!run_directories.empty(),
                   "no run was given to compare: give at least one run directory");
  std::vector<run_record> runs;
  for (const std::string& directory : run_directories) runs.push_back(read_run(directory));
  write_text_file(path, comparison_html(runs, options));
}

}  // namespace flowkit::policy
