#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/demonstration.hpp>

namespace flowkit::policy {
namespace {

constexpr std::uint64_t noise_stream = 0x6E6F697365;

void append(std::vector<float>& rows, std::span<const float> row) {
  rows.insert(rows.end(), row.begin(), row.end());
}

}  // namespace

demonstration demonstrate(task_environment& env, std::uint64_t seed,
                          const demonstrate_options& options) {
  FLOWKIT_VALIDATE(
      options.hold >= 0 && options.max_steps >= 1 && options.max_steps <= task_episode_steps,
      "a demonstration of at most ", options.max_steps, " steps with ", options.hold,
      " after the success: use 1 to ", task_episode_steps, ", and not less than 0");
  demonstration d;
  d.seed = seed;
  d.mode = draw_mode(env.name(), seed);
  const rng_key noise_key = rng_key{seed, 0}.split(noise_stream);
  env.reset(seed);
  index_t held = 0;
  bool finished = false;
  while (!finished && d.steps < options.max_steps && held <= options.hold) {
    if (options.before_step) options.before_step(env);
    const task_action clean = expert_action(env.name(), env.state(), d.mode);
    const rng_key key = noise_key.split(static_cast<std::uint64_t>(d.steps));
    const task_action action = add_noise(clean, options.noise, key);
    append(d.states, env.state());
    append(d.clean_actions, clean);
    append(d.actions, action);
    const step_result result = env.step(action);
    finished = result.finished;
    d.success = result.success || d.success;
    held += d.success ? 1 : 0;
    ++d.steps;
  }
  d.executed = mode_of_episode(env.name(), d.states);
  return d;
}

}  // namespace flowkit::policy
