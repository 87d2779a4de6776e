#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/episodes.hpp>
#include <app/measures.hpp>
#include <app/options.hpp>
#include <app/records.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>
#include <app/summary_table.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace flowkit::app {
namespace {

/// What is known of a result before anything is measured.
policy::evaluation_result describe(const context& c, const method& m) {
  const policy::policy_file file(m.policy);
  const policy::policy_manifest& manifest = file.manifest();
  const bool adaptive = m.inference.solver == policy::inference_solver::dormand_prince;
  policy::evaluation_result out;
  out.task = c.values.string("task");
  out.method = m.label.substr(0, m.label.rfind('@'));  // of a file of its own: not the run's
  out.solver = adaptive ? "dormand_prince" : "euler";
  out.steps = adaptive ? 0 : m.inference.steps;
  out.tolerance = adaptive ? m.inference.tolerance : 0;
  out.observation = manifest.specification.cameras.empty() ? "state" : "images";
  out.policy_hash = sha256_of_file(m.policy);
  out.training_seed = seed_of(manifest);
  out.noise_seed = 0;
  out.horizon = manifest.specification.horizon;
  out.observe = manifest.specification.observe;
  out.executed = manifest.specification.execute;
  out.backend = backend_of(c);
  out.precision = c.values.string("precision");
  const double step = c.values.number("evaluate.largest_step");
  if (std::isfinite(step)) out.largest_step = step;
  out.expert_modes = expert_modes(c);
  return out;
}

json_value document_of(const policy::inference_options& o) {
  const bool adaptive = o.solver == policy::inference_solver::dormand_prince;
  return json_object{{"solver", adaptive ? "dormand_prince" : "euler"},
                     {"steps", adaptive ? 0 : o.steps},
                     {"tolerance", adaptive ? o.tolerance : 0.0},
                     {"epsilon", o.epsilon},
                     {"weights", o.weights == policy::weight_set::raw ? "raw" : "average"}};
}

/// What decides beside the shape of a policy whether it is measured at windows, and against which
/// actions. Policies of the run learnt from these very fields, others need not have.
json_value fields_of(const context& c) {
  const json_value selection = policy::json_of(selection_of(c.values));
  return json_object{{"state", selection.at("state")}, {"action", selection.at("action")}};
}

/// What else is measured; changing it leaves the results as they are.
json_value extras_of(const context& c) {
  return json_object{{"latency_chunks", c.values.integer("evaluate.latency_chunks")},
                     {"film_frames", c.values.integer("evaluate.film_frames")}};
}

policy::result_folder folder_of(const context& c, const method& m) {
  return {c / "evaluation/" + m.label,
          {.name = "evaluate",
           .options = evaluate_options(c, m),
           .inputs = {{"policy", m.policy}, {"demonstrations", demonstrations_path(c)}}}};
}

/// Latency and pictures, then the record that all is complete.
void finish(const context& c, const method& m, policy::policy_runtime& p,
            policy::result_folder& folder, policy::evaluation_result result) {
  policy::control_latency ms = timed(c, m, p);
  result.latency_ms = std::move(ms.first);
  result.following_ms = std::move(ms.following);
  for (const char* old : {"film.png", "failure.png", "pictures.json"})
    std::filesystem::remove(folder / old);
  std::vector<std::string> outputs = film_episodes(c, m, p, result.episodes, folder.path());
  policy::write_evaluation(folder / "results.json", result);
  outputs.emplace_back("results.json");
  folder.finish(outputs, extras_of(c));
  forget_episodes(c, folder.path());
}

policy::stage_end evaluate_one(const context& c, const method& m,
                               const policy::demonstrations& data) {
  policy::result_folder folder = folder_of(c, m);
  const std::optional<json_value> known = folder.finished();
  if (known && to_json(*known) == to_json(extras_of(c))) {
    forget_episodes(c, folder.path());  // of a call that was killed right after it had finished
    return policy::stage_end::unchanged;
  }
  const auto p = open_policy(c, m.policy);
  if (known) {
    finish(c, m, *p, folder, policy::read_evaluation(folder / "results.json"));
    return policy::stage_end::finished;
  }
  folder.check_replaceable();
  policy::evaluation_result result = describe(c, m);
  result.without_windows = without_windows(c, m, data);
  if (!result.without_windows.empty()) {
    c.say(text(m.label, ": no distances, because ", result.without_windows));
  }
  remember_settings(c);
  folder.begin();
  measure_episodes(c, m, *p, folder.path(), result);
  measure_windows(c, m, data, result);
  finish(c, m, *p, folder, std::move(result));
  return policy::stage_end::finished;
}

}  // namespace

json_value evaluate_options(const context& c) {
  const json_value options = c.values.section("evaluate");
  json_value out(json_object{{"task", c.values.string("task")},
                             {"seed", c.values.integer("seed")},
                             {"validation", c.values.number("policy.validation")}});
  for (const char* name : {"largest_step", "episodes", "first_seed", "noise_seeds",
                           "noise_episodes", "windows", "window_noises"}) {
    out.set(name, options.at(name));
  }
  return out;
}

json_value evaluate_options(const context& c, const method& m) {
  json_value out = evaluate_options(c);
  out.set("inference", document_of(m.inference));
  out.set("backend", backend_of(c));
  out.set("precision", c.values.string("precision"));
  if (!is_own(c, m)) out.set("selection", fields_of(c));
  return out;
}

std::vector<policy::evaluation_result> read_evaluations(const context& c) {
  std::vector<policy::evaluation_result> out;
  for (const method& m : methods_of(c)) {
    out.push_back(policy::read_evaluation(c / "evaluation/" + m.label + "/results.json"));
  }
  return out;
}

void evaluate_stage(const context& c) {
  check_seeds(c);
  expect_settings_of_methods(c);
  const std::vector<method> methods = methods_of(c);
  for (const method& m : methods) {
    check_evaluation(c, policy::policy_file(m.policy).manifest().specification.execute);
  }
  const policy::demonstrations data(demonstrations_path(c));  // once: its name takes every pixel
  for (const method& m : methods) {
    run_stage(c, "evaluation/" + m.label, [&] { return evaluate_one(c, m, data); });
  }
  const bool own =
      std::any_of(methods.begin(), methods.end(), [&](const method& m) { return is_own(c, m); });
  if (own && c.values.boolean("evaluate.flow")) flow_stage(c, data);
}

void evaluate(const context& c) {
  evaluate_stage(c);
  remember_settings(c);
  const std::vector<policy::evaluation_result> results = read_evaluations(c);
  c.answer(table_document(results), table_text(results));
}

}  // namespace flowkit::app
