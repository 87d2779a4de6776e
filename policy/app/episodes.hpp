// Policies in the simulated tasks: episodes, latency, pictures.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>

#include <app/method.hpp>

namespace flowkit::app {

/// Adds what episodes of the task show to a result: outcomes, other noise, latency.
void measure_episodes(const context& c, const method& m, policy::evaluation_result& out);

/// Writes film.png and pictures.json of one episode into a folder, if frames are asked for.
/// Returns the names of the files.
std::vector<std::string> film_episode(const context& c, const method& m, const std::string& folder);

/// The same of an episode of the expert.
std::vector<std::string> film_expert(const context& c, std::uint64_t seed,
                                     const std::string& folder);

/// Modes of the demonstrations by name; empty for tasks with one.
[[nodiscard]] policy::mode_counts expert_modes(const context& c);

}  // namespace flowkit::app
