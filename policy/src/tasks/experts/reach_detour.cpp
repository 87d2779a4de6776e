// Reach a goal behind a wall, round its left or right end.
#include <tasks/definition.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t goal_entry = task_state::first_sensor;
constexpr double reached = 0.02;
constexpr double pass_x = 0.19;     ///< where the hand passes the ends of the wall (at 0.09)
constexpr double beside_x = 0.17;   ///< from here on it may move along y
constexpr double behind_y = 0.055;  ///< from here on it may move along x
constexpr double before_y = -0.07;

bool success(const task_state& s) { return length(s.hand() - s.point_at(goal_entry)) < reached; }

double side(task_mode mode) { return mode == 0 ? -1 : 1; }

task_action expert(const task_state& s, task_mode mode) {
  const point hand = s.hand();
  const point goal = s.point_at(goal_entry);
  if (hand.y > behind_y) return approach(hand, goal, close_gripper);
  // The waypoint slides from the near corner to the far one while the hand comes beside the wall.
  const double beside = ramp(side(mode) * hand.x, beside_x - 0.05, beside_x);
  const double y = before_y + beside * (0.15 - before_y);
  return approach(hand, {side(mode) * pass_x, y, goal.z}, close_gripper, {0.3, 0.7});
}

std::optional<task_mode> mode(const task_state& s) {
  const point hand = s.hand();
  if (hand.y < -0.03 || std::abs(hand.x) < 0.1) return std::nullopt;
  return hand.x < 0 ? 0 : 1;
}

}  // namespace

const task_definition& reach_detour() {
  static const task_definition task{"reach_detour",
                                    "Reach the green ball behind the wall.",
                                    {"left", "right"},
                                    success,
                                    expert,
                                    mode};
  return task;
}

}  // namespace flowkit::policy::detail
