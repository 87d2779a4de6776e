#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/checks.hpp>
#include <app/differences.hpp>
#include <app/method.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace flowkit::app {
namespace {

bool simulated(const std::string& task) {
  const std::span<const std::string> known = policy::task_names();
  return std::find(known.begin(), known.end(), task) != known.end();
}

/// What the selection of fields and episodes was when the base was trained, by the record of that.
json_value trained_selection(const context& c, const std::string& hash) {
  try {
    const std::optional<json_value> options = noted_options(c / "base");
    if (!options) return json_object{};
    json_value selection = options->at("selection");
    if (sha256_of(flowkit::detail::bytes_of(to_json(selection))) == hash) return selection;
  } catch (const error&) {  // the hash alone must do
  }
  return json_object{};
}

void expect_selection(const context& c, const std::string& path, const policy::policy_manifest& m) {
  const auto trained = m.origin.parents.find("selection");
  const policy::data_selection asked = selection_of(c.values);
  if (trained == m.origin.parents.end() || trained->second == selection_hash(asked)) return;
  std::string changes =
      changes_in("base", json_object{{"selection", trained_selection(c, trained->second)}},
                 json_object{{"selection", json_of(asked)}});
  if (changes.empty()) {
    changes =
        "one of seed, policy.validation, policy.demonstrations, policy.crop, "
        "policy.state_field, policy.action_field, policy.camera_field, collect.cameras";
  }
  throw invalid_input(text("the policy in ", path, " was trained on other fields or episodes: ",
                           changes, "; leave the settings as they were, or train again"));
}

void expect_data(const context& c, const std::string& path, const policy::demonstrations& data) {
  const std::string other = other_data(c, policy::policy_file(path).manifest(), data);
  FLOWKIT_VALIDATE(other.empty(), "the policy in ", path, " ", other);
}

/// Whether the data are those that the run remembers, not ones that this call alone names.
bool remembers_data(const context& c) {
  const std::string path = c / "config.toml";
  if (!std::filesystem::exists(path)) return true;
  policy::settings kept = c.values;
  kept.read(path);
  return kept.string("data") == c.values.string("data");
}

void expect_settings(const context& c, const std::string& path) {
  expect_task_of_policy(c, path);
  const policy::policy_file file(path);
  const policy::spec& has = file.manifest().specification;
  const policy::train_base_options asked = train_options_of(c.values);
  const auto expect = [&](std::string_view setting, index_t wanted, index_t found) {
    FLOWKIT_VALIDATE(wanted == found, "setting '", setting, "' is ", wanted, ", but the policy in ",
                     path, " was made with ", found,
                     ": leave the setting as it was, or train again");
  };
  expect("policy.horizon", asked.data.horizon, has.horizon);
  expect("policy.observe", asked.data.observe, has.observe);
  expect("policy.execute", asked.data.execute, has.execute);
  expect("policy.time_embedding", asked.network.time_embedding,
         file.manifest().network.time_embedding);
  FLOWKIT_VALIDATE(asked.network.dims == file.manifest().network.dims, "setting 'policy.dims' is '",
                   c.values.string("policy.dims"), "', but the policy in ", path,
                   " has a network of other widths: leave the setting as it was, or train again");
  FLOWKIT_VALIDATE(asked.data.cameras.empty() == has.cameras.empty(), "setting 'observation' is ",
                   c.values.string("observation"), ", but the policy in ", path, " sees ",
                   has.cameras.empty() ? "the state" : "images",
                   ": leave the setting as it was, or train again");
  expect_selection(c, path, file.manifest());
}

}  // namespace

void expect_task_of_policy(const context& c, const std::string& path) {
  const std::string made_for = policy::policy_file(path).manifest().origin.task;
  const std::string& task = c.values.string("task");
  FLOWKIT_VALIDATE(task.empty() || !simulated(made_for) || made_for == task, "the policy in ", path,
                   " was learnt in the task ", made_for, ", not in ", task, ": give --task ",
                   made_for, ", or the policy of the other task");
}

std::string other_data(const context& c, const policy::policy_manifest& m,
                       const policy::demonstrations& data) {
  const std::string other = policy::compare_splits(m, data, {}).data;
  if (other.empty()) return {};
  const std::string advice =
      remembers_data(c) ? "train again" : "leave --data as it was, or train again";
  const auto& split = m.origin.split;
  if (!split || split->of == data.episodes()) {
    return text(other, ", so episodes that were put aside are not the same: ", advice);
  }
  const bool own = !c.values.string("data").empty();
  return text("was trained on other data: ", own ? data.source() : "collect", " has ",
              data.episodes(), " demonstrations, and there were ", split->of,
              " when the policy was trained; ", advice);
}

void expect_settings_of_policy(const context& c, const std::string& path) {
  expect_settings(c, path);
  expect_data(c, path, policy::demonstrations(demonstrations_path(c)));
}

void expect_settings_of_methods(const context& c) {
  std::optional<policy::demonstrations> other;
  if (!remembers_data(c)) other.emplace(demonstrations_path(c));
  for (const method& m : methods_of(c)) {
    expect_task_of_policy(c, m.policy);
    if (!is_own(c, m)) continue;  // may have any shape
    expect_settings(c, m.policy);
    if (other) expect_data(c, m.policy, *other);
  }
}

void expect_recorded_cameras(const context& c) {
  const bool named = !c.values.string("policy.camera_field").empty();
  const bool own = !c.values.string("data").empty();
  if (named || own || selection_of(c.values).cameras.empty()) return;
  const std::optional<json_value> options = noted_options(c / "collect");
  const json_value* const recorded = options ? options->find("cameras") : nullptr;
  const std::string& asked = c.values.string("collect.cameras");
  if (recorded == nullptr || !recorded->is_string() || recorded->as_string() == asked) return;
  throw invalid_input(text("setting 'collect.cameras' is '", asked, "', but ", c / "collect",
                           " was recorded with '", recorded->as_string(),
                           "': leave it as it was, and choose among them with --camera-field"));
}

void expect_task_of_data(const policy::settings& values, const policy::demonstrations& data) {
  const std::string recorded = policy::task_of(data);
  const std::string& task = values.string("task");
  FLOWKIT_VALIDATE(task.empty() || !simulated(recorded) || recorded == task, "the data in ",
                   data.source(), " were recorded in the task ", recorded, ", not in ", task,
                   ": give --task ", recorded, ", or other data");
}

}  // namespace flowkit::app
