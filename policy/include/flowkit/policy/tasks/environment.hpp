// What an environment is: something that takes actions, shows a state and pictures, and knows
// success.
#pragma once

#include <flowkit/core/platform.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Displacement of the gripper along x, y, z, then its opening.
inline constexpr index_t task_action_size = 4;
/// Position of the gripper x, y, z in metres, then its opening, 0 (closed) to 1.
inline constexpr index_t task_proprioception_size = 4;
/// Steps until an episode is over.
inline constexpr index_t task_episode_steps = 300;
/// Steps per second of simulated time.
inline constexpr double task_control_rate = 20;
/// Metres that a displacement of 1 moves the gripper's target in one step.
inline constexpr double task_action_reach = 0.02;

/// x, y, z and opening, each in [-1, 1]: 1 is `task_action_reach`, and the open gripper.
using task_action = std::array<float, static_cast<std::size_t>(task_action_size)>;

/// What a step led to.
struct step_result {
  bool success = false;   ///< the goal is reached now; it may be lost again
  bool finished = false;  ///< this was the last step of the episode
  bool diverged = false;  ///< it was the last because the simulation broke down; no success
};

/// An environment of one episode after the other. Laws:
///  - `reset(seed)` begins an episode; equal seeds and equal actions give equal states, bit for
///  bit,
///    whatever happened before; different seeds give different starts;
///  - `state()` has one number per name of `state_names()`, which never changes, and begins with
///    the proprioception; success and the scripted expert depend on it alone;
///  - actions are clipped to [-1, 1]; success is that of the present state;
///  - `render` writes [height, width, 3] bytes, rows from top to bottom, and changes no state.
template <class E>
concept Environment = requires(E& env, const E& seen, std::uint64_t seed,
                               std::span<const float> action, std::string_view camera,
                               std::span<std::uint8_t> image) {
  env.reset(seed);
  { env.step(action) } -> std::same_as<step_result>;
  env.render(camera, image);
  { seen.state() } -> std::convertible_to<std::span<const float>>;
  { seen.proprioception() } -> std::convertible_to<std::span<const float>>;
  { seen.state_names() } -> std::convertible_to<std::span<const std::string>>;
  { seen.cameras() } -> std::convertible_to<std::span<const std::string>>;
  { seen.succeeded() } -> std::same_as<bool>;
  { seen.steps() } -> std::same_as<index_t>;
};

}  // namespace flowkit::policy
