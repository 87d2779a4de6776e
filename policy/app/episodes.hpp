// Policies in the simulated tasks: episodes, latency, pictures.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/rollout/latency.hpp>
#include <flowkit/policy/runtime.hpp>

#include <app/method.hpp>

#include <span>

namespace flowkit::app {

/// Throws invalid_input if a seed to evaluate was demonstrated, or data of another task were.
void check_seeds(const context& c);

/// Adds the episodes of the task to a result, with other noise too. Those that are over are noted
/// in the folder, so that a killed call continues with the others.
void measure_episodes(const context& c, const method& m, policy::policy_runtime& p,
                      const std::string& folder, policy::evaluation_result& out);

/// Removes those notes, when the result is written.
void forget_episodes(const context& c, const std::string& folder);

/// What one robot waits for its actions in the task.
[[nodiscard]] policy::control_latency timed(const context& c, const method& m,
                                            policy::policy_runtime& p);

/// Writes films and pictures.json into a folder, if frames are asked for: of the first episode, and
/// if that is solved of one that was not. Returns the names of the files.
std::vector<std::string> film_episodes(const context& c, const method& m, policy::policy_runtime& p,
                                       std::span<const policy::episode_result> episodes,
                                       const std::string& folder);

/// The same of an episode of the expert.
std::vector<std::string> film_expert(const context& c, std::uint64_t seed,
                                     const std::string& folder);

/// Modes of the demonstrations by name; empty for tasks with one.
[[nodiscard]] policy::mode_counts expert_modes(const context& c);

}  // namespace flowkit::app
