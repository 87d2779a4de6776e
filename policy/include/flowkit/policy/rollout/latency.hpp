// How long a control loop waits for its actions.
#pragma once

#include <flowkit/policy/chunk_splice.hpp>
#include <flowkit/policy/controller.hpp>
#include <flowkit/policy/rollout/sensors.hpp>

#include <chrono>

namespace flowkit::policy {

/// Which calls are timed.
struct latency_options {
  index_t chunks = 50;     ///< timed predictions
  index_t warm_up = 5;     ///< chunks before them, which fill caches and memory
  std::uint64_t seed = 0;  ///< of the episodes in which observations are taken
};

/// Milliseconds from an observation to the action that answers it.
struct control_latency {
  std::vector<double> first{};      ///< of a chunk: the network is evaluated
  std::vector<double> following{};  ///< the other actions of a chunk, which was predicted before
};

namespace detail {

/// One robot as a control loop runs it: every observation is normalised and kept, chunks are
/// predicted when the one before is used up, guarded and spliced.
class timed_loop {
 public:
  explicit timed_loop(controller& robot)
      : robot_(&robot),
        motion_(robot.shape().execute, robot.shape().action_size()),
        action_(static_cast<std::size_t>(robot.shape().action_size())) {}

  void reset(std::uint64_t episode);
  /// The next action predicts a chunk.
  [[nodiscard]] bool at_chunk() const { return motion_.left() == 0; }
  /// From observation to action; returns milliseconds.
  double step(const observation& seen);
  [[nodiscard]] std::span<const float> action() const { return action_; }

 private:
  controller* robot_;
  chunk_splice motion_;
  std::vector<float> action_;
};

void validate(const latency_options& o, const controller& robot);

}  // namespace detail

/// What one robot waits in its control loop: observation in, action out, with normalisation, the
/// encoder, the network, the guard and the splice. Drawing and simulation are not part of it, but
/// happen in between, as on a robot: caches hold the environment's data when a call begins. Throws
/// invalid_input for options that cannot be used and controllers of several robots. Synchronises.
template <class E>
[[nodiscard]] control_latency measure_latency(controller& robot, E& environment,
                                              const latency_options& options = {}) {
  detail::validate(options, robot);
  robot.warm_up();
  detail::timed_loop loop(robot);
  sensors<E> seen(environment, robot.shape());
  control_latency out;
  std::uint64_t episode = 0;
  bool over = true;
  index_t chunk = -options.warm_up;
  while (true) {
    if (over) {
      environment.reset(options.seed + episode);
      loop.reset(episode++);
    }
    seen.look(environment);
    const bool first = loop.at_chunk();
    if (first && chunk++ == options.chunks) return out;
    const double taken = loop.step(seen.latest());
    if (chunk > 0) (first ? out.first : out.following).push_back(taken);
    const auto done = environment.step(loop.action());
    over = done.success || done.finished;
  }
}

}  // namespace flowkit::policy
