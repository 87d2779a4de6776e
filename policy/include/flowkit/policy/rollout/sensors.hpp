// What a policy wants to see of an environment: entries of its state and cameras, by name.
#pragma once

#include <flowkit/policy/controller.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace flowkit::policy {

namespace detail {
/// Place of every wanted name among those there are. Throws invalid_input that lists the missing
/// ones; `what` is "state dimension" or "camera".
[[nodiscard]] std::vector<std::size_t> places_of(std::span<const std::string> wanted,
                                                 std::span<const std::string> there,
                                                 std::string_view what);
[[nodiscard]] std::vector<std::string> names_of(const std::vector<camera>& cameras);
}  // namespace detail

/// Observations of one environment in the order of a policy's spec. Holds the latest one.
template <class E>
class sensors {
 public:
  /// Throws invalid_input if the environment lacks a state dimension or a camera of the spec.
  sensors(const E& env, const spec& shape)
      : entries_(detail::places_of(shape.state, env.state_names(), "state dimension")),
        cameras_(shape.cameras),
        state_(entries_.size()) {
    (void)detail::places_of(detail::names_of(cameras_), env.cameras(), "camera");
    for (const camera& c : cameras_) {
      pixels_.emplace_back(static_cast<std::size_t>(c.height * c.width * 3));
      frames_.emplace_back(pixels_.back().data(), extents<3>{c.height, c.width, 3});
    }
  }
  sensors(sensors&&) noexcept = default;
  sensors& operator=(sensors&&) noexcept = default;
  sensors(const sensors&) = delete;  // frames refer to pixels of this object
  sensors& operator=(const sensors&) = delete;
  ~sensors() = default;

  /// Takes a new observation: selects the state, draws all cameras.
  void look(E& env) {
    const std::span<const float> state = env.state();
    for (std::size_t d = 0; d < entries_.size(); ++d) state_[d] = state[entries_[d]];
    for (std::size_t k = 0; k < cameras_.size(); ++k) env.render(cameras_[k].name, pixels_[k]);
  }

  /// The latest observation; valid until the next.
  [[nodiscard]] observation latest() const { return {state_, frames_}; }

 private:
  std::vector<std::size_t> entries_;
  std::vector<camera> cameras_;
  std::vector<float> state_;
  std::vector<std::vector<std::uint8_t>> pixels_;  // their memory stays where it is when moved
  std::vector<frame_view> frames_;
};

}  // namespace flowkit::policy
