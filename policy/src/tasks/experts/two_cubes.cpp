// Put two cubes on the squares of their colours, either one first.
#include <tasks/carry.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t cube_entries[] = {task_state::first_sensor, task_state::first_sensor + 3};
constexpr std::size_t goal_entries[] = {task_state::first_sensor + 6, task_state::first_sensor + 9};

point cube_of(const task_state& s, std::size_t i) { return s.point_at(cube_entries[i]); }

point destination(const task_state& s, std::size_t i) {
  return s.point_at(goal_entries[i]) + point{0, 0, cube.half_height};
}

bool placed(const task_state& s, std::size_t i) {
  return lies_at(cube_of(s, i), destination(s, i), cube);
}

bool success(const task_state& s) { return placed(s, 0) && placed(s, 1) && released(s, cube); }

/// The first cube is done when it lies on its square and the fingers let it go.
bool done(const task_state& s, std::size_t i) {
  const bool away = length(s.hand() - cube_of(s, i)) > 0.06;
  return placed(s, i) && (released(s, cube) || away);
}

task_action expert(const task_state& s, task_mode mode) {
  const auto first = static_cast<std::size_t>(mode);
  const std::size_t now = done(s, first) ? 1 - first : first;
  return carry(s, cube_of(s, now), destination(s, now), cube);
}

std::optional<task_mode> mode(const task_state& s) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (placed(s, i) && !placed(s, 1 - i)) return static_cast<task_mode>(i);
  }
  return std::nullopt;
}

}  // namespace

const task_definition& two_cubes() {
  static const task_definition task{"two_cubes",
                                    "Put each cube on the square of its colour.",
                                    {"red first", "blue first"},
                                    success,
                                    expert,
                                    mode};
  return task;
}

}  // namespace flowkit::policy::detail
