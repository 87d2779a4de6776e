// Push a puck round a post, on either side, with the closed fingers.
#include <tasks/definition.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t puck_entry = task_state::first_sensor;
constexpr std::size_t goal_entry = puck_entry + 3;
constexpr double reached = 0.025;
constexpr double pass_x = 0.12;  ///< where the puck passes the post
constexpr double post_y = 0.02;
constexpr double orbit = 0.075;    ///< distance at which the hand goes round the puck
constexpr double touching = 0.06;  ///< the fingers are 0.03 wide, the puck 0.07
constexpr double steering = 0.7;   ///< between the direction and the line from hand to puck
constexpr double height = 0.03;

bool success(const task_state& s) {
  return flat_length(s.point_at(puck_entry) - s.point_at(goal_entry)) < reached;
}

/// Where the puck is to go next.
point heading(const point& puck, const point& goal, double side) {
  if (puck.y > post_y + 0.045) return goal;
  const double beside = ramp(side * puck.x, 0.075, 0.11);
  return {side * pass_x, post_y - 0.05 + beside * 0.16, 0};
}

/// Pushes along `direction` while the hand is behind the puck; else lets go and goes round it.
point push(const point& from_puck, const point& direction, double speed) {
  const double distance = std::max(flat_length(from_puck), 1e-6);
  const point out = (1 / distance) * from_puck;
  const double angle = std::atan2(out.y * direction.x - out.x * direction.y,
                                  -(out.x * direction.x + out.y * direction.y));
  // Friction holds the puck as long as the direction is inside its cone: no need to be exact.
  if (distance < touching && std::abs(angle) < steering) return speed * direction;
  const point around{-out.y, out.x, 0};
  const double turn = std::clamp(0.4 * angle * distance, -0.012, 0.012);
  const double behind = 1 - ramp(std::abs(angle), 0.2, 0.5);
  const double inward =
      behind * 0.01 + (1 - behind) * std::clamp(0.3 * (distance - orbit), -0.01, 0.01);
  const double free = ramp(distance, touching - 0.004, touching + 0.004);
  return free * turn * around - inward * out;
}

task_action expert(const task_state& s, task_mode mode) {
  const point hand = s.hand();
  const point puck = s.point_at(puck_entry);
  const point goal = s.point_at(goal_entry);
  const double side = mode == 0 ? -1 : 1;
  point way = heading(puck, goal, side) - puck;
  way.z = 0;
  const double left = flat_length(goal - puck);
  const point direction = (1 / std::max(flat_length(way), 1e-6)) * way;
  const double speed = left < 0.012 ? 0 : std::clamp(0.2 * left, 0.003, 0.011);
  point move = push({hand.x - puck.x, hand.y - puck.y, 0}, direction, speed);
  move.z = 0.3 * (height - hand.z);
  return displace(move, close_gripper, 0.8);
}

std::optional<task_mode> mode(const task_state& s) {
  const point puck = s.point_at(puck_entry);
  if (puck.y < post_y - 0.01 || std::abs(puck.x) < 0.045) return std::nullopt;
  return puck.x < 0 ? 0 : 1;
}

}  // namespace

const task_definition& push_around() {
  static const task_definition task{"push_around",
                                    "Push the red puck round the post into the green ring.",
                                    {"left", "right"},
                                    success,
                                    expert,
                                    mode};
  return task;
}

}  // namespace flowkit::policy::detail
