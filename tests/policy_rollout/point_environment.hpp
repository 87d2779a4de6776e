// A point on a line that actions move: an environment without a simulator.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/policy/tasks/environment.hpp>

#include <cmath>

namespace flowkit::testing {

/// State {x, goal}, action {dx}. The episode of a seed starts at a drawn place; the goal is fixed.
/// Camera "side" paints all pixels with the place. Succeeds within 0.05 of the goal.
class point_environment {
 public:
  static constexpr index_t last_step = 40;

  explicit point_environment(float goal = 0) : goal_(goal) {}

  void reset(std::uint64_t seed) {
    state_ = {2 * unit_interval(rng_key{seed, 0}.block(0).word[0], float{}) - 1, goal_};
    steps_ = 0;
  }
  policy::step_result step(std::span<const float> action) {
    state_[0] += 0.2F * action[0];
    ++steps_;
    return {succeeded(), steps_ >= last_step};
  }
  void render(std::string_view, std::span<std::uint8_t> image) {
    for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(100 + 50 * state_[0]);
    ++drawn_;
  }
  [[nodiscard]] std::span<const float> state() const { return state_; }
  [[nodiscard]] std::span<const float> proprioception() const { return state_; }
  [[nodiscard]] std::span<const std::string> state_names() const { return names_; }
  [[nodiscard]] std::span<const std::string> cameras() const { return cameras_; }
  [[nodiscard]] bool succeeded() const { return std::abs(state_[0] - state_[1]) < 0.05F; }
  [[nodiscard]] index_t steps() const { return steps_; }
  [[nodiscard]] index_t drawn() const { return drawn_; }

 private:
  float goal_;
  std::array<float, 2> state_{};
  std::vector<std::string> names_{"x", "goal"};
  std::vector<std::string> cameras_{"side"};
  index_t steps_ = 0;
  index_t drawn_ = 0;
};

static_assert(policy::Environment<point_environment>);

}  // namespace flowkit::testing
