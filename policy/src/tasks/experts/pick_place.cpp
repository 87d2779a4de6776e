// Carry a cube to a square and release it.
#include <tasks/carry.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t cube_entry = task_state::first_sensor;
constexpr std::size_t goal_entry = cube_entry + 3;

point destination(const task_state& s) {
  return s.point_at(goal_entry) + point{0, 0, cube.half_height};
}

bool success(const task_state& s) {
  return lies_at(s.point_at(cube_entry), destination(s), cube) && released(s, cube);
}

task_action expert(const task_state& s, task_mode) {
  return carry(s, s.point_at(cube_entry), destination(s), cube);
}

}  // namespace

const task_definition& pick_place() {
  static const task_definition task{
      "pick_place", "Put the red cube on the green square.", {"grasp"}, success, expert};
  return task;
}

}  // namespace flowkit::policy::detail
