#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/expert.hpp>
#include <flowkit/policy/tasks/suite.hpp>
#include <tasks/assets.hpp>
#include <tasks/simulation.hpp>

#include <cmath>
#include <map>
#include <numbers>

namespace flowkit::policy {
namespace detail {
namespace {

/// Streams of an episode's seed: the start uses the key itself.
constexpr std::uint64_t mode_stream = 0x6D6F6465;

std::map<std::string_view, std::size_t> measure_states() {
  std::map<std::string_view, std::size_t> sizes;
  for (const auto definition : task_definitions()) {
    const simulation s = compile(asset_text(definition().name));
    sizes[definition().name] =
        task_state::first_sensor + static_cast<std::size_t>(s.model->nsensordata);
  }
  return sizes;
}

void validate_state(const task_definition& task, std::span<const float> state) {
  const std::size_t size = state_size(task);
  FLOWKIT_VALIDATE(state.size() == size, "a state of '", task.name, "' has ", size,
                   " numbers, not ", state.size(), ": see describe_task");
}

std::optional<task_mode> mode_of(const task_definition& task, std::span<const float> state) {
  return task.mode == nullptr ? task_mode{0} : task.mode(task_state(state));
}

/// Two normal numbers from two words (Box and Muller).
std::array<double, 2> normal_pair(std::uint32_t a, std::uint32_t b) {
  const double radius = std::sqrt(-2 * std::log(positive_unit<double>(a)));
  const double angle = 2 * std::numbers::pi * unit_interval(b, double{});
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

std::size_t state_size(const task_definition& task) {
  static const std::map<std::string_view, std::size_t> sizes = measure_states();
  return sizes.at(task.name);
}

}  // namespace detail

task_mode draw_mode(std::string_view task, std::uint64_t seed) {
  const auto modes = static_cast<std::uint32_t>(detail::find_task(task).modes.size());
  const rng_key key = rng_key{seed, 0}.split(detail::mode_stream);
  return static_cast<task_mode>(bounded(key.block(0).word[0], modes));
}

task_action expert_action(std::string_view task, std::span<const float> state, task_mode mode) {
  const detail::task_definition& definition = detail::find_task(task);
  detail::validate_state(definition, state);
  const auto modes = static_cast<task_mode>(definition.modes.size());
  FLOWKIT_VALIDATE(mode >= 0 && mode < modes, "'", task, "' has no mode ", mode, ": it has ", modes,
                   ", counted from 0");
  return definition.expert(detail::task_state(state), mode);
}

std::optional<task_mode> mode_of_state(std::string_view task, std::span<const float> state) {
  const detail::task_definition& definition = detail::find_task(task);
  detail::validate_state(definition, state);
  return detail::mode_of(definition, state);
}

std::optional<task_mode> mode_of_episode(std::string_view task, std::span<const float> states) {
  const detail::task_definition& definition = detail::find_task(task);
  const std::size_t size = detail::state_size(definition);
  FLOWKIT_VALIDATE(states.size() % size == 0, states.size(), " numbers are not whole states of '",
                   task, "', which have ", size, " each");
  for (std::size_t first = 0; first < states.size(); first += size) {
    const auto mode = detail::mode_of(definition, states.subspan(first, size));
    if (mode) return mode;
  }
  return std::nullopt;
}

task_action add_noise(const task_action& action, float noise, rng_key key) {
  FLOWKIT_VALIDATE(noise >= 0 && std::isfinite(noise), "the noise of an expert is ", noise,
                   "; it is a deviation in action units, such as 0.1");
  const philox_block words = key.block(0);
  task_action noisy = action;
  for (std::size_t pair = 0; pair < 2; ++pair) {
    const auto z = detail::normal_pair(words.word[2 * pair], words.word[2 * pair + 1]);
    for (std::size_t i = 0; i < 2; ++i) {
      float& entry = noisy[2 * pair + i];
      entry = std::clamp(entry + noise * static_cast<float>(z[i]), -1.0f, 1.0f);
    }
  }
  return noisy;
}

}  // namespace flowkit::policy
