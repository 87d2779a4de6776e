// What the tests of the task suite share.
#pragma once

#include <flowkit/policy/tasks/demonstration.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

#include <gtest/gtest.h>

namespace flowkit::policy::testing {

/// An action that depends on the step, reaches its bounds and is no expert's.
inline task_action wandering_action(std::uint64_t seed, index_t step) {
  const philox_block words = rng_key{seed, 1}.block(static_cast<std::uint64_t>(step / 8));
  task_action action{};
  for (std::size_t i = 0; i < action.size(); ++i) {
    action[i] = 2 * unit_interval(words.word[i], float{}) - 1;
  }
  return action;
}

/// All states of an episode of wandering actions.
inline std::vector<float> wander(task_environment& env, std::uint64_t seed, index_t steps) {
  env.reset(seed);
  std::vector<float> states;
  for (index_t step = 0; step < steps; ++step) {
    env.step(wandering_action(seed, step));
    states.insert(states.end(), env.state().begin(), env.state().end());
  }
  return states;
}

inline std::vector<float> copy_of_state(const task_environment& env) {
  return {env.state().begin(), env.state().end()};
}

/// Every task, as the parameter of a test.
struct every_task : ::testing::TestWithParam<std::string> {
  task_environment env{GetParam()};
};

inline std::string name_of_parameter(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace flowkit::policy::testing
