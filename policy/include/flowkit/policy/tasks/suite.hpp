// The tasks that exist, by name, and what is known about each without running it.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Properties of a task that do not depend on an episode.
struct task_description {
  std::string name;
  std::string instruction;               ///< what is to be done, one sentence
  std::vector<std::string> modes;        ///< ways of doing it; one where there is no choice
  std::vector<std::string> state_names;  ///< entries of the state: "hand.x", ..., "cube.x", ...
  std::vector<std::string> cameras;      ///< "front", "top", "wrist"
};

/// Names of all tasks, from easy to hard.
[[nodiscard]] std::span<const std::string> task_names();

/// What there is to know about a task. Throws invalid_input for an unknown name (the message lists
/// the known ones). Allocates.
[[nodiscard]] task_description describe_task(std::string_view task);

}  // namespace flowkit::policy
