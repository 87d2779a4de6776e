#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/checks.hpp>
#include <app/method.hpp>
#include <app/options.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

bool simulated(const std::string& task) {
  const std::span<const std::string> known = policy::task_names();
  return std::find(known.begin(), known.end(), task) != known.end();
}

}  // namespace

void expect_task_of_policy(const context& c, const std::string& path) {
  const std::string made_for = policy::policy_file(path).manifest().origin.task;
  const std::string& task = c.values.string("task");
  FLOWKIT_VALIDATE(task.empty() || !simulated(made_for) || made_for == task, "the policy in ", path,
                   " was learnt in the task ", made_for, ", not in ", task, ": give --task ",
                   made_for, ", or the policy of the other task");
}

void expect_settings_of_policy(const context& c, const std::string& path) {
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
}

void expect_settings_of_methods(const context& c) {
  for (const method& m : methods_of(c)) {
    // A file of its own may have any shape, but not another task.
    if (c.values.string("evaluate.policy").empty()) {
      expect_settings_of_policy(c, m.policy);
    } else {
      expect_task_of_policy(c, m.policy);
    }
  }
}

void expect_task_of_data(const policy::settings& values, const policy::demonstrations& data) {
  const std::string recorded = policy::task_of(data);
  const std::string& task = values.string("task");
  FLOWKIT_VALIDATE(task.empty() || !simulated(recorded) || recorded == task, "the data in ",
                   data.source(), " were recorded in the task ", recorded, ", not in ", task,
                   ": give --task ", recorded, ", or other data");
}

}  // namespace flowkit::app
