// A task of the suite as an environment.
#pragma once

#include <flowkit/policy/tasks/environment.hpp>
#include <flowkit/policy/tasks/renderer.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <memory>

namespace flowkit::policy {

/// Simulates one task; models Environment. A gripper follows a mocap body that actions move by up
/// to 2 cm along each axis; fingers are driven to the opening that the action names. Physics runs
/// at 100 Hz, control at 20 Hz. Independent of other environments, whatever draws them; one thread
/// at a time.
class task_environment {
 public:
  /// Begins the episode of seed 0. Throws invalid_input for an unknown task (the message lists the
  /// known ones). Allocates.
  explicit task_environment(std::string_view task, const render_options& images = {});
  /// The same with renderers that other environments of the task draw with, too: contexts of OpenGL
  /// cost memory, and no more are needed than threads draw.
  task_environment(std::string_view task, std::shared_ptr<renderer_stock> renderers);
  task_environment(task_environment&&) noexcept;
  task_environment& operator=(task_environment&&) noexcept;
  ~task_environment();

  /// Begins an episode whose start is drawn from the seed.
  void reset(std::uint64_t seed);
  /// Makes one step of 0.05 s. Where the simulation diverges, the episode ends in the state before.
  /// Throws invalid_input for an action that has not 4 finite numbers and after the last step.
  step_result step(std::span<const float> action);
  /// Draws the present state; the first call creates a renderer if none is free. Throws as
  /// `renderer` does.
  void render(std::string_view camera, std::span<std::uint8_t> image);

  /// The present state, valid until the next step or reset; positions in metres.
  [[nodiscard]] std::span<const float> state() const noexcept;
  /// The first entries of the state: hand.x, hand.y, hand.z, hand.opening.
  [[nodiscard]] std::span<const float> proprioception() const noexcept;
  [[nodiscard]] std::span<const std::string> state_names() const noexcept;
  [[nodiscard]] std::span<const std::string> cameras() const noexcept;
  [[nodiscard]] bool succeeded() const;
  /// Steps made since reset.
  [[nodiscard]] index_t steps() const noexcept;
  /// The seed of this episode.
  [[nodiscard]] std::uint64_t seed() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const policy::scene& scene() const noexcept;

 private:
  struct episode;
  std::unique_ptr<episode> episode_;
};

static_assert(Environment<task_environment>);

}  // namespace flowkit::policy
