// What a policy sees and does: horizons, named dimensions and cameras, checked on every use.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// One camera of a robot. Frames are [height, width, 3] bytes, rows from top to bottom; the network
/// sees a crop of them.
struct camera {
  std::string name;
  index_t height = 96;
  index_t width = 96;
  index_t crop_height = 84;  ///< random in training, central when acting
  index_t crop_width = 84;

  friend bool operator==(const camera&, const camera&) = default;
};

/// The shape of a task. A window holds `horizon` actions that begin at the first of `observe`
/// observations, so the current observation belongs to action `observe - 1`, and the actions
/// observe - 1 .. observe - 1 + execute - 1 are executed before the next prediction (Chi et al.
/// 2023). Names of dimensions travel with data and policies: an order is never assumed.
struct spec {
  index_t horizon = 16;
  index_t observe = 2;
  index_t execute = 8;
  std::vector<std::string> action = {};  ///< names of the action's dimensions, at least one
  std::vector<std::string> state = {};   ///< names of the state's dimensions; none: images only
  std::vector<camera> cameras = {};      ///< none: states only

  [[nodiscard]] index_t action_size() const { return static_cast<index_t>(action.size()); }
  [[nodiscard]] index_t state_size() const { return static_cast<index_t>(state.size()); }
  /// Numbers of an action chunk: horizon * action_size.
  [[nodiscard]] index_t chunk_size() const { return horizon * action_size(); }
  /// Numbers of the states of a window: observe * state_size.
  [[nodiscard]] index_t history_size() const { return observe * state_size(); }

  friend bool operator==(const spec&, const spec&) = default;
};

/// Bounds of what a spec may ask for, so that no file makes us allocate without limit.
inline constexpr index_t max_horizon = 1024;
inline constexpr index_t max_dimensions = 4096;
inline constexpr index_t max_cameras = 8;
inline constexpr index_t max_image_side = 1024;

/// Throws invalid_input that names the part which cannot be used: horizons that do not fit each
/// other, missing or repeated names, crops larger than their image.
void validate(const spec& s);

/// What differs, one line each, such as "horizon: expected 16, given 8" or "state dimension 3:
/// expected 'hand_x', given 'hand_y'". Empty if the two are equal.
[[nodiscard]] std::vector<std::string> differences(const spec& expected, const spec& given);

/// Throws invalid_input with all differences, unless there are none. `what` begins the message,
/// for example "the data set does not fit the policy".
void expect_equal(const spec& expected, const spec& given, std::string_view what);

/// The spec as a JSON object, and back. Reading validates and throws invalid_input that names the
/// field.
[[nodiscard]] json_value json_of(const spec& s);
[[nodiscard]] spec spec_from_json(const json_value& json);

}  // namespace flowkit::policy
