// Episodes of a policy in vectorised environments, one evaluation of the network for all of them.
#pragma once

#include <flowkit/core/thread_pool.hpp>
#include <flowkit/policy/controller.hpp>
#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/rollout/sensors.hpp>

#include <atomic>
#include <functional>

namespace flowkit::policy {

/// Which episodes.
struct rollout_options {
  std::vector<std::uint64_t> seeds;  ///< of the environment, one per episode, all different
  int threads = 1;                   ///< that step and draw environments
};

/// Who listens to rollouts. All are optional.
struct rollout_hooks {
  /// Name of the way an episode went, from all its states, row-major; "" where it is undecided.
  std::function<std::string(std::span<const float> states)> mode_of = {};
  std::function<void(const episode_result&)> on_episode = {};  ///< as soon as one is over
  const std::atomic<bool>* stop = nullptr;                     ///< then results are incomplete
};

namespace detail {

/// One environment and the episode in it.
template <class E>
struct rollout_slot {
  explicit rollout_slot(E& env, const spec& shape) : environment(&env), seen(env, shape) {}

  E* environment;
  sensors<E> seen;
  index_t episode = -1;  ///< number in the options; -1: none
  bool over = false;
  episode_result result{};
  std::vector<float> states{};
  std::vector<float> last_action{};
  double seam = 0;

  /// Makes one step of the episode, unless it is over.
  void step(std::span<const float> action) {
    if (episode < 0 || over) return;
    const auto done = environment->step(action);
    const std::span<const float> state = environment->state();
    states.insert(states.end(), state.begin(), state.end());
    last_action.assign(action.begin(), action.end());
    ++result.steps;
    result.success = done.success;
    over = done.success || done.finished;
  }
};

/// Euclidean distance of two actions.
[[nodiscard]] double action_distance(std::span<const float> a, std::span<const float> b);
/// Rows of two plans that differ.
[[nodiscard]] index_t changed_rows(std::span<const float> a, std::span<const float> b, index_t d);
void validate(const rollout_options& o, index_t robots, std::size_t environments);

}  // namespace detail

/// Runs a policy in receding horizon until every episode was successful once or is over. Laws: an
/// episode depends on its seed and the controller's policy, seed and inference alone, neither on
/// the number of environments nor on threads; equal seeds give equal results. Environments are
/// models of Environment; their states and cameras are matched with the policy's by name.
template <class E>
class rollouts {
 public:
  /// Robot i of the controller acts in environment i. Refers to controller and environments, which
  /// must outlive it. Throws invalid_input for options that cannot be used, fewer environments or
  /// episodes than robots, and environments that lack what the policy wants to see.
  rollouts(controller& robots, std::span<E> environments, rollout_options options)
      : options_(
            (detail::validate(options, robots.robots(), environments.size()), std::move(options))),
        controller_(&robots),
        pool_(options_.threads),
        results_(options_.seeds.size()) {
    for (index_t i = 0; i < robots.robots(); ++i) {
      slots_.emplace_back(environments[static_cast<std::size_t>(i)], robots.shape());
    }
  }

  /// One result per seed, in the order of the seeds. Called again after a stop, it goes on.
  /// Synchronises.
  std::vector<episode_result> run(const rollout_hooks& hooks = {}) {
    if (next_ == 0) {
      for (index_t i = 0; i < controller_->robots(); ++i) begin(i);
    }
    while (done_ < static_cast<index_t>(results_.size())) {
      if (hooks.stop != nullptr && hooks.stop->load(std::memory_order_relaxed)) break;
      execute(controller_->act());
      for (index_t i = 0; i < controller_->robots(); ++i) {
        if (slot(i).episode < 0 || !slot(i).over) continue;
        finish(i, hooks);
        begin(i);
      }
    }
    return results_;
  }

 private:
  [[nodiscard]] detail::rollout_slot<E>& slot(index_t i) {
    return slots_[static_cast<std::size_t>(i)];
  }

  /// Puts the next episode into an environment, if there is one left.
  void begin(index_t i) {
    detail::rollout_slot<E>& s = slot(i);
    s.episode = next_ < static_cast<index_t>(options_.seeds.size()) ? next_++ : -1;
    if (s.episode < 0) {
      controller_->rest(i);
      return;
    }
    const std::uint64_t seed = options_.seeds[static_cast<std::size_t>(s.episode)];
    s.environment->reset(seed);
    const std::span<const float> state = s.environment->state();
    s.states.assign(state.begin(), state.end());
    s.over = false;
    s.seam = 0;
    s.result = {.seed = static_cast<index_t>(seed)};
    controller_->reset(i, seed);
    s.seen.look(*s.environment);
    observe(i);
  }

  /// Executes the plan of all robots. Only the last observations of a chunk are seen by the next
  /// prediction, so only those are drawn.
  void execute(const action_plan& plan) {
    for (index_t i = 0; i < plan.robots; ++i) note(i, plan);
    for (index_t step = 0; step < plan.execute; ++step) {
      const bool seen = step + controller_->shape().observe >= plan.execute;
      pool_.for_each_index(plan.robots, [&](index_t i) {
        slot(i).step(plan.action(i, step));
        if (seen && active(i)) slot(i).seen.look(*slot(i).environment);
      });
      for (index_t i = 0; i < plan.robots; ++i) {
        if (seen && active(i)) observe(i);
      }
    }
  }
  [[nodiscard]] bool active(index_t i) { return slot(i).episode >= 0 && !slot(i).over; }

  void observe(index_t i) {
    const range_counter before = controller_->ranges();
    controller_->observe(i, slot(i).seen.latest());
    slot(i).result.observed += controller_->ranges().rows - before.rows;
    slot(i).result.outside += controller_->ranges().outside - before.outside;
    slot(i).result.clipped += controller_->ranges().clipped - before.clipped;
  }

  /// What is known of a prediction before it is executed.
  void note(index_t i, const action_plan& plan) {
    detail::rollout_slot<E>& s = slot(i);
    if (s.episode < 0) return;
    if (s.result.chunks > 0) s.seam += detail::action_distance(s.last_action, plan.action(i, 0));
    const index_t executed = plan.execute * plan.dimensions;
    const std::size_t count = static_cast<std::size_t>(executed);
    const index_t predicted = plan.predicted.numbers().shape()[1];
    s.result.guarded += detail::changed_rows(
        {plan.actions.numbers().data() + i * executed, count},
        {plan.predicted.numbers().data() + i * predicted, count}, plan.dimensions);
    s.result.evaluations += static_cast<double>(plan.evaluations[static_cast<std::size_t>(i)]);
    ++s.result.chunks;
  }

  void finish(index_t i, const rollout_hooks& hooks) {
    detail::rollout_slot<E>& s = slot(i);
    const auto chunks = static_cast<double>(s.result.chunks);
    s.result.evaluations /= chunks;
    if (s.result.chunks > 1) s.result.seam = s.seam / (chunks - 1);
    if (hooks.mode_of) s.result.mode = hooks.mode_of(s.states);
    episode_result& result = results_[static_cast<std::size_t>(s.episode)];
    result = std::move(s.result);
    ++done_;
    if (hooks.on_episode) hooks.on_episode(result);
  }

  rollout_options options_;
  controller* controller_;
  thread_pool pool_;
  std::vector<detail::rollout_slot<E>> slots_;
  std::vector<episode_result> results_;
  index_t next_ = 0;
  index_t done_ = 0;
};

}  // namespace flowkit::policy
