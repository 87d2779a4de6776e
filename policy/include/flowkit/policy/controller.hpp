// What acts: one robot or several, whatever computes their actions.
#pragma once

#include <flowkit/policy/action_guard.hpp>
#include <flowkit/policy/image.hpp>
#include <flowkit/policy/manifest.hpp>

#include <optional>
#include <span>

namespace flowkit::policy {

/// What a robot sees at one moment, in physical units. Refers to data.
struct observation {
  std::span<const float> state;        ///< in the order of the spec's names
  std::span<const frame_view> frames;  ///< one per camera, in the order of the spec
};

/// Settings of a controller.
struct controller_options {
  index_t robots = 1;      ///< that act together, in one evaluation of the network
  std::uint64_t seed = 0;  ///< of all noise, with the episode and the call
  std::optional<inference_options> inference = {};  ///< default: that of the policy
  std::optional<guard_options> guard = {};  ///< default: the range of the demonstrated actions
};

/// What all robots do next, in physical units. Refers to the controller; valid until the next act.
struct action_plan {
  index_t robots = 0;
  index_t execute = 0;
  index_t dimensions = 0;
  chunks<physical, const float> actions =
      {};  ///< to execute, guarded [robots, execute * dimensions]
  chunks<physical, const float> predicted =
      {};                                     ///< from now on, unguarded [robots, k * dimensions]
  guard_report guard = {};                    ///< of `actions`
  std::span<const index_t> evaluations = {};  ///< of the network, for each robot

  /// Action `step` of a robot.
  [[nodiscard]] std::span<const float> action(index_t robot, index_t step) const {
    const float* first = actions.numbers().data() + (robot * execute + step) * dimensions;
    return {first, static_cast<std::size_t>(dimensions)};
  }
};

/// A policy in receding horizon: observe, predict a chunk, execute its first part, observe again.
/// Laws: the noise of a robot depends on (seed, episode, call) alone and every sample on its own
/// row, so a robot acts the same alone and among others; equal seeds give equal actions. After the
/// second call, or after `warm_up`, `observe` and `act` keep no new memory. One object per thread
/// of control. Algorithms take this class and so are compiled once; `receding_horizon` is the model
/// of it on a backend.
class controller {
 public:
  controller(const controller&) = delete;
  controller& operator=(const controller&) = delete;
  virtual ~controller() = default;

  [[nodiscard]] virtual const policy_manifest& manifest() const = 0;
  [[nodiscard]] const spec& shape() const { return manifest().specification; }
  [[nodiscard]] virtual index_t robots() const = 0;
  [[nodiscard]] virtual const inference_options& inference() const = 0;
  /// How often observed states left the range of the demonstrations, since construction.
  [[nodiscard]] virtual const range_counter& ranges() const = 0;

  /// Starts an episode: history and previous action are forgotten, noise is that of the episode.
  /// At construction robot i is in episode i.
  virtual void reset(index_t robot, std::uint64_t episode) = 0;

  /// Leaves a robot out of `act` until its next reset: its episode is over, and predictions for it
  /// would cost as much as for the others. In plans its actions stay as they were, with 0
  /// evaluations.
  virtual void rest(index_t robot) = 0;

  /// Appends what a robot sees, once per control step. Throws invalid_input for a state that is not
  /// finite or of another size, and for frames of other sizes; nothing changes then.
  virtual void observe(index_t robot, const observation& o) = 0;
  void observe(const observation& o) { observe(0, o); }

  /// Evaluates everything on what has been seen so far, without a trace in later results. Call it
  /// before a control loop whose first call must be as fast as the others. Allocates.
  virtual void warm_up() = 0;

  /// Predicts a chunk for every robot that does not rest. The guard continues from the end of the
  /// plan before: who executes only part of a plan, or splices chunks, guards single actions by an
  /// own action_guard. Throws invalid_input if one of them has not observed since its reset.
  /// Synchronises.
  virtual action_plan act() = 0;

 protected:
  controller() = default;
};

}  // namespace flowkit::policy
