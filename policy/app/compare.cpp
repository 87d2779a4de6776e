#include <flowkit/policy/report/comparison_table.hpp>

#include <app/command.hpp>
#include <app/summary_table.hpp>

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

json_value document_of(std::span<const policy::run_record> runs) {
  json_array methods;
  for (const policy::run_record& run : runs) {
    methods.push_back(json_object{{"run", run.name}, {"methods", table_document(run.evaluations)}});
  }
  json_array verdicts;
  for (const policy::student_verdict& v : policy::student_verdicts(runs)) {
    verdicts.push_back(verdict_document(v));
  }
  return json_object{{"runs", std::move(methods)}, {"verdicts", std::move(verdicts)}};
}

}  // namespace

void compare(const context& c) {
  FLOWKIT_VALIDATE(!c.operands.empty(), "flowkit compare needs the directories of runs");
  std::vector<policy::run_record> runs;
  for (const std::string& directory : c.operands) {
    runs.push_back(policy::read_run(directory));
    for (const std::string& problem : runs.back().problems) c.say(problem);
    FLOWKIT_VALIDATE(!runs.back().evaluations.empty(), directory,
                     " holds no evaluations: give the directory of a run that was evaluated");
  }
  c.answer(document_of(runs), policy::comparison_markdown(runs));
}

}  // namespace flowkit::app
