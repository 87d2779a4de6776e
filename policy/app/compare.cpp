#include <flowkit/policy/report/comparison_table.hpp>

#include <app/command.hpp>
#include <app/summary_table.hpp>

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

/// Reads a run and adds it; returns what is wrong with one that cannot be compared.
std::string add_run(const context& c, const std::string& directory,
                    std::vector<policy::run_record>& runs) {
  try {
    policy::run_record run = policy::read_run(directory);
    for (const std::string& problem : run.problems) c.say(problem);
    if (run.evaluations.empty()) return directory + " holds no evaluations";
    runs.push_back(std::move(run));
    return {};
  } catch (const file_error& e) {
    return e.what();
  }
}

}  // namespace

void compare(const context& c) {
  FLOWKIT_VALIDATE(!c.operands.empty(), "flowkit compare needs the directories of runs");
  for (const std::string& directory : c.operands) {
    FLOWKIT_VALIDATE(std::filesystem::is_directory(directory), directory,
                     " is no directory: give the directory of a run");
  }
  std::vector<policy::run_record> runs;
  std::vector<std::string> left_out;
  std::string reasons;
  for (const std::string& directory : c.operands) {
    std::string reason = add_run(c, directory, runs);
    if (reason.empty()) continue;
    reasons += text(reasons.empty() ? "" : "; ", reason);
    left_out.push_back(std::move(reason));
  }
  FLOWKIT_VALIDATE(!runs.empty(), "there is nothing to compare: ", reasons,
                   "; give directories of runs that were evaluated");
  c.answer(document_of(runs, left_out), policy::comparison_markdown(runs));
  if (!left_out.empty()) throw error("left out: " + reasons);
}

}  // namespace flowkit::app
