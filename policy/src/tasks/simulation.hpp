// MuJoCo's model and data behind a scene.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/policy/tasks/scene.hpp>
#include <tasks/definition.hpp>

#include <mujoco/mujoco.h>

namespace flowkit::policy::detail {

struct free_model {
  void operator()(mjModel* model) const noexcept { mj_deleteModel(model); }
};
struct free_data {
  void operator()(mjData* data) const noexcept { mj_deleteData(data); }
};

/// A compiled scene. Without the gripper of "arm.xml" it can be shown but not stepped.
struct simulation {
  std::unique_ptr<mjModel, free_model> model;
  std::unique_ptr<mjData, free_data> data;
  std::vector<std::string> cameras;
  std::uint64_t document = 0;  ///< hash of the text: scenes of one document look alike
};

/// Compiles a document. Throws invalid_input.
[[nodiscard]] simulation compile(std::string_view mjcf);

/// Names of the state's entries: the hand's, then those of the sensors.
[[nodiscard]] std::vector<std::string> state_names(const simulation& s);
/// Writes the state.
void read_state(const simulation& s, std::span<float> state);

/// Initial state with a start drawn from the boxes that the document names "start/<body>".
void draw_start(simulation& s, rng_key key);
/// One control step of a clipped action. False if the simulation diverged: its state is of no use.
[[nodiscard]] bool advance(simulation& s, const task_action& action);

}  // namespace flowkit::policy::detail
