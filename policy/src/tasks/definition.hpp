// What makes a task: its words, and functions of the state. Its scene is the asset of its name.
#pragma once

#include <flowkit/policy/tasks/expert.hpp>
#include <tasks/motion.hpp>

namespace flowkit::policy::detail {

/// Reads a state vector: hand, opening, then the sensors of the scene in their order.
class task_state {
 public:
  /// Where the first sensor of a scene stands.
  static constexpr std::size_t first_sensor = 4;

  explicit task_state(std::span<const float> values) : values_(values) {}

  [[nodiscard]] point hand() const { return point_at(0); }
  [[nodiscard]] double opening() const { return number(3) * finger_travel; }  ///< metres
  [[nodiscard]] double number(std::size_t entry) const {
    return static_cast<double>(values_[entry]);
  }
  [[nodiscard]] point point_at(std::size_t entry) const {
    return {number(entry), number(entry + 1), number(entry + 2)};
  }

 private:
  std::span<const float> values_;
};

/// A task. The functions depend on the state alone, so they also judge recorded states.
struct task_definition {
  std::string_view name;
  std::string_view instruction;
  std::vector<std::string> modes;  ///< at least one
  bool (*success)(const task_state&);
  task_action (*expert)(const task_state&, task_mode);
  /// Null where there is one mode, which every state has.
  std::optional<task_mode> (*mode)(const task_state&) = nullptr;
};

[[nodiscard]] std::span<const task_definition& (*const)()> task_definitions();
/// Throws invalid_input for an unknown name and lists the known ones.
[[nodiscard]] const task_definition& find_task(std::string_view name);
/// Number of entries of a task's state.
[[nodiscard]] std::size_t state_size(const task_definition& task);

}  // namespace flowkit::policy::detail
