#include <flowkit/policy/report/comparison_table.hpp>

#include <app/command.hpp>
#include <app/summary_table.hpp>

#include <algorithm>
#include <filesystem>

namespace flowkit::app {
namespace {

json_value verdict_document(const policy::student_verdict& v) {
  const auto success = [](const policy::method_comparison& c) {
    return json_object{{"difference", c.outcomes.difference()},
                       {"low", c.difference.low},
                       {"high", c.difference.high},
                       {"mcnemar_p", c.mcnemar_p}};
  };
  json_value distance;
  if (const auto& d = v.with_plain.distances) {
    distance = json_object{{"difference", d->difference.mean}, {"wilcoxon_p", d->wilcoxon_p}};
  }
  return json_object{{"run", v.run},
                     {"task", v.task},
                     {"success_sefa_minus_base", success(v.with_teacher)},
                     {"success_sefa_minus_reflow", success(v.with_plain)},
                     {"distance_sefa_minus_reflow", std::move(distance)},
                     {"gap_closed", optional_number(v.gap_closed)},
                     {"acceptance", optional_number(v.acceptance)},
                     {"coverage_of_base", optional_number(v.coverage)},
                     {"latency_reduction", optional_number(v.latency_reduction)}};
}

json_array list_of(std::span<const std::string> lines) {
  json_array out;
  for (const std::string& line : lines) out.emplace_back(line);
  return out;
}

json_value document_of(std::span<const policy::run_record> runs,
                       std::span<const std::string> left_out) {
  json_array methods;
  for (const policy::run_record& run : runs) {
    methods.push_back(json_object{{"run", run.name}, {"methods", table_document(run.evaluations)}});
  }
  json_array verdicts;
  for (const policy::student_verdict& v : policy::student_verdicts(runs)) {
    verdicts.push_back(verdict_document(v));
  }
  return json_object{{"runs", std::move(methods)},
                     {"verdicts", std::move(verdicts)},
                     {"not_compared", list_of(policy::not_compared(runs))},
                     {"left_out", list_of(left_out)}};
}

std::string joined(std::span<const std::string> lines) {
  std::string out;
  for (const std::string& line : lines) out += text(out.empty() ? "" : "; ", line);
  return out;
}

bool holds(std::span<const std::string> all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

void expect_directory(const std::string& path) {
  std::error_code failure;
  const bool directory = std::filesystem::is_directory(path, failure);
  FLOWKIT_VALIDATE(directory, path, " is no directory",
                   failure ? text(" (", failure.message(), ")") : "",
                   ": give the directory of a run");
}

/// Reads a run and adds it. Runs without evaluations, and evaluations that a run has lost, are
/// noted as left out.
void add_run(const context& c, const std::string& directory, std::vector<policy::run_record>& runs,
             std::vector<std::string>& left_out) {
  try {
    policy::run_record run = policy::read_run(directory);
    if (run.evaluations.empty()) {
      const std::string why = joined(run.problems);
      left_out.push_back(text(directory, " holds no evaluations", why.empty() ? "" : ": ", why));
      return;
    }
    const std::vector<std::string>& lost = run.lost_evaluations;
    for (const std::string& problem : run.problems) {
      if (!holds(lost, problem)) c.say(problem);
    }
    left_out.insert(left_out.end(), lost.begin(), lost.end());
    runs.push_back(std::move(run));
  } catch (const file_error& e) {
    left_out.emplace_back(e.what());
  }
}

}  // namespace

void compare(const context& c) {
  FLOWKIT_VALIDATE(!c.operands.empty(), "flowkit compare needs the directories of runs");
  for (const std::string& directory : c.operands) expect_directory(directory);
  std::vector<policy::run_record> runs;
  std::vector<std::string> left_out;
  for (const std::string& directory : c.operands) add_run(c, directory, runs, left_out);
  FLOWKIT_VALIDATE(!runs.empty(), "there is nothing to compare: ", joined(left_out),
                   "; give directories of runs that were evaluated");
  c.answer(document_of(runs, left_out), policy::comparison_markdown(runs));
  if (!left_out.empty()) throw error("left out: " + joined(left_out));
}

}  // namespace flowkit::app
