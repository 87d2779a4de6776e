// Geometry and the elementary movements that scripted experts are made of.
#pragma once

#include <flowkit/policy/tasks/environment.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy::detail {

/// Distance between the open fingers in metres.
inline constexpr double finger_travel = 0.08;
/// The opening entry of an action that opens or closes the gripper.
inline constexpr double open_gripper = 1;
inline constexpr double close_gripper = -1;

/// A position or displacement in metres.
struct point {
  double x = 0;
  double y = 0;
  double z = 0;

  friend constexpr point operator+(const point& a, const point& b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
  }
  friend constexpr point operator-(const point& a, const point& b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
  }
  friend constexpr point operator*(double s, const point& a) { return {s * a.x, s * a.y, s * a.z}; }
};

[[nodiscard]] inline double length(const point& a) { return std::hypot(a.x, a.y, a.z); }
/// Length of the part in the plane of the table.
[[nodiscard]] inline double flat_length(const point& a) { return std::hypot(a.x, a.y); }

/// 0 up to `from`, 1 beyond `to`, linear between.
[[nodiscard]] inline double ramp(double value, double from, double to) {
  return std::clamp((value - from) / (to - from), 0.0, 1.0);
}

/// How fast a movement is.
struct pace {
  double gain = 0.3;   ///< share of the remaining way that one step makes
  double limit = 0.8;  ///< longest displacement, in action units
};

/// A displacement in metres as an action, shortened to the limit of the pace without changing its
/// direction.
[[nodiscard]] inline task_action displace(const point& way, double opening, double limit) {
  const point action = (1 / task_action_reach) * way;
  const double scale = std::min(1.0, limit / std::max(length(action), 1e-9));
  return {static_cast<float>(scale * action.x), static_cast<float>(scale * action.y),
          static_cast<float>(scale * action.z), static_cast<float>(opening)};
}

/// Towards a place: fast while far, ever slower near it.
[[nodiscard]] inline task_action approach(const point& hand, const point& place, double opening,
                                          const pace& p = {}) {
  return displace(p.gain * (place - hand), opening, p.limit);
}

}  // namespace flowkit::policy::detail
