// Episodes of the scripted experts: the demonstrations that policies learn from.
#pragma once

#include <flowkit/policy/tasks/expert.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

#include <functional>

namespace flowkit::policy {

/// How a demonstration is made.
struct demonstrate_options {
  float noise = 0;    ///< deviation of the noise on executed actions, in action units
  index_t hold = 10;  ///< steps recorded after the first success
  index_t max_steps = task_episode_steps;
  /// Called before each step, for example to render; the environment shows the state acted upon.
  std::function<void(task_environment&)> before_step{};
};

/// A recorded episode. Row t holds the state before step t and the action taken in it.
struct demonstration {
  std::uint64_t seed = 0;
  task_mode mode = 0;                 ///< the way the expert was told to take
  std::optional<task_mode> executed;  ///< the way the states show
  bool success = false;               ///< reached at any time
  index_t steps = 0;
  std::vector<float> states;         ///< [steps, size of the state]
  std::vector<float> actions;        ///< [steps, 4], as executed
  std::vector<float> clean_actions;  ///< [steps, 4], of the expert without noise at these states
};

/// Lets the expert act in the episode of a seed, in the mode drawn from it. Equal seeds and options
/// give equal recordings. Throws invalid_input for negative or non-finite noise. Allocates.
[[nodiscard]] demonstration demonstrate(task_environment& env, std::uint64_t seed,
                                        const demonstrate_options& options = {});

}  // namespace flowkit::policy
