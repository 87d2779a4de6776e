// How long a robot waits for its next actions.
#pragma once

#include <flowkit/policy/receding_horizon.hpp>
#include <flowkit/policy/rollout/sensors.hpp>

#include <chrono>

namespace flowkit::policy {

/// Which calls are timed.
struct latency_options {
  index_t chunks = 50;     ///< timed calls
  index_t warm_up = 5;     ///< calls before them, which fill caches and memory
  std::uint64_t seed = 0;  ///< of the episodes in which observations are taken
  std::optional<inference_options> inference = {};  ///< default: that of the policy
};

/// Milliseconds per chunk of one robot: from an observation to guarded actions, the way through
/// encoder and network included; rendering and simulation are not. The robot acts in the
/// environment between the calls, so observations are those of real episodes. Synchronises.
template <NeuralBackend B, class E>
[[nodiscard]] std::vector<double> measure_latency(B& be, const visuomotor_policy<B>& policy,
                                                  E& environment,
                                                  const latency_options& options = {}) {
  using clock = std::chrono::steady_clock;
  FLOWKIT_VALIDATE(options.chunks > 0 && options.warm_up >= 0, "latency of ", options.chunks,
                   " chunks after ", options.warm_up, ": at least one chunk must be timed");
  receding_horizon<B> controller(be, policy, {.inference = options.inference});
  sensors<E> seen(environment, controller.shape());
  std::vector<double> out;
  std::uint64_t episode = 0;
  bool over = true;
  for (index_t call = 0; call < options.warm_up + options.chunks; ++call) {
    if (over) {
      environment.reset(options.seed + episode);
      controller.reset(0, episode++);
    }
    seen.look(environment);
    const clock::time_point begin = clock::now();
    controller.observe(seen.latest());
    const action_plan plan = controller.act();
    const std::chrono::duration<double, std::milli> taken = clock::now() - begin;
    if (call >= options.warm_up) out.push_back(taken.count());

    over = false;
    for (index_t step = 0; step < plan.execute && !over; ++step) {
      const auto done = environment.step(plan.action(0, step));
      over = done.success || done.finished;
    }
  }
  return out;
}

}  // namespace flowkit::policy
