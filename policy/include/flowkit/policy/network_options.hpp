// Sizes of the networks of a policy, and the named presets.
#pragma once

#include <flowkit/policy/spec.hpp>

namespace flowkit::policy {

/// Sizes of the image encoder of one camera, see keypoint_encoder.
struct encoder_options {
  std::vector<index_t> widths{64, 128, 256, 512};
  index_t group_channels = 16;
  index_t keypoints = 32;
  index_t features = 64;

  friend bool operator==(const encoder_options&, const encoder_options&) = default;
};

/// Sizes of all networks of a policy, see unet1d.
struct network_options {
  std::vector<index_t> dims{64, 128, 256};
  index_t time_embedding = 64;
  index_t kernel = 5;
  index_t groups = 8;
  encoder_options encoder{};  ///< of every camera; unused without cameras

  friend bool operator==(const network_options&, const network_options&) = default;
};

/// What multiplies the flow time before it is embedded, in training and acting alike: one constant,
/// since two scales would show the network times that it has never seen. The value of the
/// published rectified flows; files state it and others are refused.
inline constexpr double time_scale = 999;

/// Options by name:
///   name        U-Net             time  encoder (widths; keypoints; features)
///   tiny        16-32              16   8-16; 8; 16                 (tests)
///   small       64-128-256         64   16-32-64; 16; 32
///   kitchen     256-512-1024      256   ResNet-18: 64-...-512; 32; 64
///   meta_world  512-1024-2048     128   the same
/// Throws invalid_input for another name.
[[nodiscard]] network_options network_preset(std::string_view name);
[[nodiscard]] std::vector<std::string> network_preset_names();

/// Throws invalid_input for options that cannot be built, or are beyond all reason, for this spec:
/// among them a horizon that the U-Net cannot halve as often as it has levels.
void validate(const network_options& o, const spec& s);

[[nodiscard]] json_value json_of(const network_options& o);
/// Throws invalid_input that names the field. Checks kinds and bounds; `validate` the rest.
[[nodiscard]] network_options network_from_json(const json_value& json);

}  // namespace flowkit::policy
