// Put a standing peg into a tight hole.
#include <tasks/carry.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t peg_entry = task_state::first_sensor;
constexpr std::size_t hole_entry = peg_entry + 3;
constexpr double depth = 0.05;  ///< of the hole

constexpr carried_object peg{.width = 0.024,
                             .half_height = 0.05,
                             .grip = 0.03,
                             .lift = 0.08,
                             .near = 0.002,
                             .far = 0.008,
                             .tolerance = 0.006};

point destination(const task_state& s) {
  return s.point_at(hole_entry) + point{0, 0, peg.half_height};
}

bool success(const task_state& s) {
  const point away = s.point_at(peg_entry) - destination(s);
  return flat_length(away) < peg.tolerance && away.z < 0.4 * depth;
}

task_action expert(const task_state& s, task_mode) {
  return carry(s, s.point_at(peg_entry), destination(s), peg);
}

}  // namespace

const task_definition& peg_insert() {
  static const task_definition task{
      "peg_insert", "Put the orange peg into the hole.", {"grasp"}, success, expert};
  return task;
}

}  // namespace flowkit::policy::detail
