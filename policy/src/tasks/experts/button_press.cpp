// Press a button from above.
#include <tasks/definition.hpp>

namespace flowkit::policy::detail {
namespace {

constexpr std::size_t button_entry = task_state::first_sensor;
constexpr std::size_t pressed_entry = button_entry + 3;
constexpr double pressed = 0.02;
constexpr double hover = 0.05;

bool success(const task_state& s) { return s.number(pressed_entry) > pressed; }

task_action expert(const task_state& s, task_mode) {
  const point hand = s.hand();
  const point button = s.point_at(button_entry);
  const double apart = flat_length(button - hand);
  const double height = hover * ramp(apart, 0.01, 0.04) - 0.02;
  return approach(hand, button + point{0, 0, height}, close_gripper);
}

}  // namespace

const task_definition& button_press() {
  static const task_definition task{
      "button_press", "Press the red button.", {"from above"}, success, expert};
  return task;
}

}  // namespace flowkit::policy::detail
