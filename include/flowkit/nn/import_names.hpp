// Import maps of published networks: under which keys their PyTorch checkpoints hold what.
#pragma once

#include <flowkit/nn/import.hpp>
#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/nn/unet1d.hpp>

namespace flowkit {

/// Which of the networks of a file becomes which of the networks of a layout.
struct import_place {
  std::string_view key_prefix;  ///< of the file's tensors, for example "model."; may be empty
  std::string_view network;     ///< the name under which the network was built
};

/// Keys of `ConditionalUnet1D` (Diffusion Policy, conditional_unet1d.py, with scale and bias
/// predicted from a global condition) for a `unet1d` of these options: "down_modules.0.0. ..." to
/// "final_conv.1.bias". That network takes one time; the second time of a `unet1d` has no key, so
/// its import throws.
[[nodiscard]] import_map conditional_unet1d_keys(const unet1d_options& o,
                                                 const import_place& place);

/// Keys of robomimic's `VisualCore` with a `ResNet18Conv` backbone, a `SpatialSoftmax` pool and
/// group instead of batch normalisation, for a `keypoint_encoder` of these options:
/// "nets.0.nets.0.weight" to "nets.3.bias". The same tensors under "backbone." and "pool.", which
/// full checkpoints hold a second time, are not looked at. Other temperatures than 1 are refused.
[[nodiscard]] import_map visual_core_keys(const keypoint_encoder_options& o,
                                          const import_place& place);

}  // namespace flowkit
