#include <tasks/carry.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr double hover = 0.07;         ///< of the open fingers above an object
constexpr double squeezed = 0.006;     ///< opening beyond the width at which fingers hold
constexpr double rest_height = 0.004;  ///< of an object that stands, above its destination

/// Open fingers, above the object first; close them where they are round it.
task_action grasp(const task_state& s, const point& grip, const carried_object& o) {
  const point away = grip - s.hand();
  const double apart = flat_length(away);
  // Fingers that have begun to close may slip a little without opening again.
  const double slip = s.opening() < finger_travel - 0.012 ? 0.012 : 0.006;
  if (apart < slip && std::abs(away.z) < slip) {
    return displace(0.3 * away, close_gripper, 0.8);
  }
  const double height = hover * ramp(apart, 0.008, 0.03);
  const double free = apart < 0.015 ? 1 : ramp(-away.z, 0.02, o.half_height + 0.03);
  const point way{free * away.x, free * away.y, away.z + height};
  return displace(0.3 * way, open_gripper, 0.8);
}

/// Closed fingers: up, across, down. `slid` is how far the hand is below its grip: an object that
/// meets an obstacle on its way down is lifted again before it slips out.
task_action transport(const point& object, const point& destination, double slid,
                      const carried_object& o) {
  const point away = destination - object;
  const double apart = flat_length(away);
  const double height = o.lift * ramp(apart, o.near, o.far);
  const double lifted = apart < o.far ? 1 : ramp(-away.z, 0.25 * o.lift, 0.75 * o.lift);
  const double back = 5 * std::max(0.0, slid - 0.006);
  const point way{lifted * away.x, lifted * away.y, away.z + height + back};
  return displace(0.25 * way, close_gripper, 0.7);
}

}  // namespace

bool lies_at(const point& object, const point& destination, const carried_object& o) {
  const point away = object - destination;
  return flat_length(away) < o.tolerance && std::abs(away.z) < 2 * rest_height;
}

bool released(const task_state& s, const carried_object& o) {
  return s.opening() > o.width + 2 * squeezed;
}

task_action carry(const task_state& s, const point& object, const point& destination,
                  const carried_object& o) {
  const point grip = object + point{0, 0, o.grip};
  const point away = grip - s.hand();
  const bool around = flat_length(away) < 0.014 && std::abs(away.z) < 0.02;
  const bool holds = around && s.opening() < o.width + squeezed;
  const bool there =
      flat_length(destination - object) < 2 * o.near && object.z < destination.z + rest_height;
  if (lies_at(object, destination, o) && (there || !holds)) {
    // Up only when the fingers are apart.
    const double rise =
        released(s, o) ? 0.25 * (destination.z + o.grip + 2 * hover - s.hand().z) : 0;
    return displace({0, 0, rise}, open_gripper, 0.6);
  }
  return holds ? transport(object, destination, away.z, o) : grasp(s, grip, o);
}

}  // namespace flowkit::policy::detail
