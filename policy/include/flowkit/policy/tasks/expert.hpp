// Scripted experts: what to do in a state, in which of several ways, and which way was taken.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/policy/tasks/environment.hpp>

#include <optional>

namespace flowkit::policy {

/// Index into `task_description::modes`.
using task_mode = index_t;

/// The mode of an episode, drawn from its seed; equally likely, independent of the start.
[[nodiscard]] task_mode draw_mode(std::string_view task, std::uint64_t seed);

/// The action of the expert without noise, in [-1, 1]. A function of state and mode alone: there is
/// no hidden phase, so a policy that sees states can imitate it, and it is defined for any state,
/// as for measuring the distance of a policy to it. Throws invalid_input for an unknown task or
/// mode, or a state of another size.
[[nodiscard]] task_action expert_action(std::string_view task, std::span<const float> state,
                                        task_mode mode);

/// The mode that a state gives away, nothing where the episode may still become any.
[[nodiscard]] std::optional<task_mode> mode_of_state(std::string_view task,
                                                     std::span<const float> state);

/// The mode of an executed episode: that of the first state that decides. `states` are all states
/// one after the other, [steps, size of the state].
[[nodiscard]] std::optional<task_mode> mode_of_episode(std::string_view task,
                                                       std::span<const float> states);

/// The action with normal noise of deviation `noise` added to each of its entries, clipped to
/// [-1, 1]. Equal keys give equal noise.
[[nodiscard]] task_action add_noise(const task_action& action, float noise, rng_key key);

}  // namespace flowkit::policy
