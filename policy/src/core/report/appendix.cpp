// How the run was configured, where it comes from, and what it lacks.
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

using alignment = column::alignment;

markup facts_table(std::string_view caption, const std::vector<named_text>& facts) {
  if (facts.empty()) return {};
  std::vector<table_row> rows;
  rows.reserve(facts.size());
  for (const named_text& fact : facts) {
    rows.push_back({.cells = {words(fact.name), words(fact.value)}});
  }
  return element("div", {{"class", "wrap"}}, table(caption, {{"What"}, {"Value"}}, rows));
}

markup stage_table(const std::vector<stage_time>& stages) {
  if (stages.empty()) return {};
  double total = 0;
  std::vector<table_row> rows;
  for (const stage_time& stage : stages) {
    total += stage.seconds;
    rows.push_back({.cells = {words(stage.stage),
                              words(stage.seconds > 0 ? duration(stage.seconds) : "unchanged")}});
  }
  rows.push_back({.cells = {words("together"), words(duration(total))}});
  return element("div", {{"class", "short"}},
                 table("Time per stage.", {{"Stage"}, {"Time", alignment::number}}, rows));
}

/// What every policy was evaluated with: once per policy file.
std::vector<named_text> policies_of(const std::vector<evaluation_result>& all) {
  std::vector<named_text> out;
  for (const evaluation_result& r : all) {
    if (r.policy_hash.empty()) continue;
    const std::string value =
        text(r.policy_hash, r.horizon > 0 ? text(", horizon ", r.horizon) : "",
             r.executed > 0 ? text(", executes ", r.executed) : "",
             r.training_seed ? text(", training seed ", *r.training_seed) : "", ", noise seed ",
             r.noise_seed, r.tolerance > 0 ? text(", tolerance ", r.tolerance) : "");
    out.push_back({label_of(r), value});
  }
  return out;
}

markup list_of(const std::vector<std::string>& lines) {
  markup items;
  for (const std::string& line : lines) items += element("li", words(line));
  return items.empty() ? items : element("ul", items);
}

std::vector<std::string> missing_parts(const report_view& view) {
  std::vector<std::string> out;
  const auto check = [&out](bool present, const char* what) {
    if (!present) out.emplace_back(what);
  };
  const run_record& run = *view.run;
  const auto any_row = [&view](const auto& has) {
    return std::any_of(view.rows.begin(), view.rows.end(), has);
  };
  check(!run.evaluations.empty(), "Evaluations: no results.json below evaluation/.");
  check(view.rows.empty() || view.reference_row() != nullptr,
        "A reference: no other base policy to compare the method of this report with.");
  check(any_row([](const auto& row) { return row.summary.latency.has_value(); }),
        "Latencies per chunk.");
  check(any_row([](const auto& row) { return row.summary.distance.has_value(); }),
        "Distances to the expert at held-out windows.");
  check(!run.pictures.empty(), "Pictures of rollouts: no pictures.json.");
  check(!run.curves.empty(), "Training curves: no metrics.jsonl in any stage.");
  check(!run.flow.straightness.empty(), "Straightness of the flow: not in any flow.json.");
  check(!run.flow.errors.empty(), "Error against evaluations: not in any flow.json.");
  check(!run.couplings.empty(), "Couplings: no couplings.json in any stage.");
  check(!run.configuration.empty(), "Configuration: no config.toml.");
  check(!run.info.provenance.empty(), "Provenance: none in run.json.");
  for (const evaluation_result& r : run.evaluations) {
    if (r.without_windows.empty()) continue;
    out.push_back(text("Distances of ", label_of(r), ": ", r.without_windows, "."));
  }
  return out;
}

/// Where the run is not what the configuration says.
markup differences_of(const run_info& info) {
  std::vector<std::string> all;
  for (const named_text& d : info.differences) all.push_back(text(d.name, ": ", d.value));
  if (all.empty()) return {};
  return element("div", {{"class", "warning"}},
                 paragraph("These stages were made with other settings than the ones below; run "
                           "again to bring them in line.") +
                     list_of(all));
}

}  // namespace

markup configuration_section(const report_view& view) {
  if (view.run->configuration.empty()) return {};
  return section("configuration", "Configuration",
                 "With every default written out: this file repeats the run.",
                 differences_of(view.run->info) +
                     element("pre", {{"tabindex", "0"}, {"aria-label", "Configuration file"}},
                             element("code", lines(view.run->configuration))));
}

markup provenance_section(const report_view& view) {
  const run_info& info = view.run->info;
  return section("provenance", "Provenance",
                 "What these figures were measured with, so that they can be repeated.",
                 facts_table("Program and machine.", info.provenance) + stage_table(info.stages) +
                     facts_table("Policies.", policies_of(view.run->evaluations)));
}

markup missing_section(const report_view& view) {
  markup content;
  if (!view.run->problems.empty()) {
    content += element("h3", words("Files that could not be read")) +
               element("div", {{"class", "warning"}}, list_of(view.run->problems));
  }
  const auto missing = missing_parts(view);
  if (!missing.empty()) content += element("h3", words("Not measured yet")) + list_of(missing);
  return section("missing", "What is missing", "", content);
}

}  // namespace flowkit::policy::detail
