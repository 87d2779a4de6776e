// Grasping an object from above, carrying it and letting it go: what several experts do.
#pragma once

#include <tasks/definition.hpp>

namespace flowkit::policy::detail {

/// What the gripper must know about an object. Lengths in metres.
struct carried_object {
  double width;        ///< between the fingers
  double half_height;  ///< of its centre above the table
  double grip;         ///< of the grasp above its centre
  double lift;         ///< of its path above the destination
  double near;         ///< distance from the destination at which it may go down entirely
  double far;          ///< distance at which it stays lifted
  double tolerance;    ///< distance from the destination at which it counts as placed
};

/// The cube of several tasks.
inline constexpr carried_object cube{.width = 0.04,
                                     .half_height = 0.02,
                                     .grip = 0.002,
                                     .lift = 0.07,
                                     .near = 0.004,
                                     .far = 0.03,
                                     .tolerance = 0.025};

/// Whether an object stands at its destination.
[[nodiscard]] bool lies_at(const point& object, const point& destination, const carried_object& o);
/// Whether the fingers are wide enough to hold nothing.
[[nodiscard]] bool released(const task_state& s, const carried_object& o);

/// The next action of bringing `object` to `destination`: open the fingers above it, go down, close
/// them, lift, carry, go down, open, rise. A function of the state alone: each step is recognised
/// by where the hand and the object are and by how far the fingers are apart.
[[nodiscard]] task_action carry(const task_state& s, const point& object, const point& destination,
                                const carried_object& o);

}  // namespace flowkit::policy::detail
