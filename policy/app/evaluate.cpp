#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <app/command.hpp>
#include <app/episodes.hpp>
#include <app/measures.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>
#include <app/summary_table.hpp>

namespace flowkit::app {
namespace {

/// What is known of a result before anything is measured.
policy::evaluation_result describe(const context& c, const method& m) {
  const policy::policy_file file(m.policy);
  const policy::policy_manifest& manifest = file.manifest();
  const bool adaptive = m.inference.solver == policy::inference_solver::dormand_prince;
  policy::evaluation_result out;
  out.task = c.values.string("task");
  out.method = manifest.method;
  out.solver = adaptive ? "dormand_prince" : "euler";
  out.steps = adaptive ? 0 : m.inference.steps;
  out.tolerance = adaptive ? m.inference.tolerance : 0;
  out.observation = manifest.specification.cameras.empty() ? "state" : "images";
  out.policy_hash = sha256_of_file(m.policy);
  out.training_seed = c.values.integer("seed");
  out.noise_seed = 0;
  out.horizon = manifest.specification.horizon;
  out.executed = manifest.specification.execute;
  out.expert_modes = expert_modes(c);
  return out;
}

policy::result_folder folder_of(const context& c, const method& m) {
  json_value options = c.values.section("evaluate");
  options.set("methods", m.label);
  options.set("task", c.values.string("task"));
  options.set("seed", c.values.integer("seed"));
  return {c / "evaluation/" + m.label,
          {.name = "evaluate",
           .options = std::move(options),
           .inputs = {{"policy", m.policy}, {"demonstrations", demonstrations_path(c)}}}};
}

policy::stage_end evaluate_one(const context& c, const method& m) {
  policy::result_folder folder = folder_of(c, m);
  if (folder.up_to_date()) return policy::stage_end::unchanged;
  folder.begin();
  policy::evaluation_result result = describe(c, m);
  measure_windows(c, m, result);
  measure_episodes(c, m, result);
  std::vector<std::string> outputs = film_episode(c, m, folder.path());
  policy::write_evaluation(folder / "results.json", result);
  outputs.emplace_back("results.json");
  folder.finish(outputs);
  return policy::stage_end::finished;
}

}  // namespace

std::vector<policy::evaluation_result> read_evaluations(const context& c) {
  std::vector<policy::evaluation_result> out;
  for (const method& m : methods_of(c)) {
    out.push_back(policy::read_evaluation(c / "evaluation/" + m.label + "/results.json"));
  }
  return out;
}

void evaluate_stage(const context& c) {
  for (const method& m : methods_of(c)) {
    run_stage(c, "evaluation/" + m.label, [&] { return evaluate_one(c, m); });
  }
  if (c.values.boolean("evaluate.flow") && c.values.string("evaluate.policy").empty()) {
    flow_stage(c);
  }
}

void evaluate(const context& c) {
  write_configuration(c);
  evaluate_stage(c);
  const std::vector<policy::evaluation_result> results = read_evaluations(c);
  c.answer(table_document(results), table_text(results));
}

}  // namespace flowkit::app
