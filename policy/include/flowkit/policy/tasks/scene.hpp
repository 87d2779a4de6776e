// A simulated scene: bodies that move and cameras that see them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace flowkit::policy {

namespace detail {
struct simulation;
}

/// A MuJoCo model with its present state. One thread at a time; scenes are independent.
class scene {
 public:
  /// Compiles an MJCF document; it may include "arm.xml", the gripper of the task suite.
  /// The scene stands at its initial state. Throws invalid_input with the position in
  /// the document. Allocates.
  explicit scene(std::string_view mjcf);
  scene(scene&&) noexcept;
  scene& operator=(scene&&) noexcept;
  ~scene();

  /// Names of the cameras, in the order of the document.
  [[nodiscard]] std::span<const std::string> cameras() const noexcept;

  /// For the sources of flowkit::tasks.
  [[nodiscard]] detail::simulation& simulation() noexcept { return *simulation_; }
  [[nodiscard]] const detail::simulation& simulation() const noexcept { return *simulation_; }

 private:
  std::unique_ptr<detail::simulation> simulation_;
};

}  // namespace flowkit::policy
