// Hook the closed fingers behind a handle and pull.
#include <tasks/definition.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t handle_entry = task_state::first_sensor;
constexpr std::size_t drawer_entry = handle_entry + 3;
constexpr double opened = 0.15;
constexpr double behind = 0.03;  ///< from the bar of the handle to the fingers in the gap
constexpr double hover = 0.07;

bool success(const task_state& s) { return s.number(drawer_entry) > opened; }

task_action expert(const task_state& s, task_mode) {
  const point hand = s.hand();
  const point gap = s.point_at(handle_entry) + point{0, behind, -0.005};
  const point away = gap - hand;
  const bool inside = std::abs(away.x) < 0.04 && away.y < 0.015 && away.y > -0.02;
  if (inside && hand.z < gap.z + 0.02) {
    const double left = 0.18 - s.number(drawer_entry);
    const point pull{0.2 * away.x, -std::clamp(0.3 * left, 0.0, 0.012), 0.3 * away.z};
    return displace(pull, close_gripper, 0.8);
  }
  const double height = hover * ramp(std::hypot(away.x, away.y), 0.012, 0.04);
  // Sideways only above the handle.
  const double free = ramp(hand.z - gap.z, 0.02, 0.06);
  const point place = gap + point{0, 0, height};
  const point way = place - hand;
  return displace(0.3 * point{free * way.x, free * way.y, way.z}, close_gripper, 0.8);
}

}  // namespace

const task_definition& drawer_open() {
  static const task_definition task{
      "drawer_open", "Open the drawer by its green handle.", {"pull"}, success, expert};
  return task;
}

}  // namespace flowkit::policy::detail
