// Image encoder of visuomotor policies: where the network looks, as coordinates, then features.
#pragma once

#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/resnet.hpp>
#include <flowkit/nn/spatial_soft_argmax.hpp>

namespace flowkit {

/// Settings of a keypoint encoder; the image size is the size after cropping.
struct keypoint_encoder_options {
  index_t height = 0;
  index_t width = 0;
  resnet_options trunk{};
  index_t keypoints = 32;
  index_t features = 64;
};

/// features = relu(linear(keypoints(conv 1x1(trunk(image))))): [batch, height, width, channels] ->
/// [batch, features], where the keypoints are the spatial soft-argmax of their maps (Finn et al.
/// 2016; Mandlekar et al. 2021). Its layers are `layer<I>()`: 0 trunk, 1 maps, 2 soft-argmax,
/// 3 linear, 4 relu; its parameters "trunk. ...", "keypoints", "features". Throws invalid_input for
/// unusable options and for images of another size.
class keypoint_encoder
    : public sequential<resnet, conv2d, spatial_soft_argmax, linear, relu_layer> {
 public:
  keypoint_encoder(parameter_layout& layout, std::string_view name,
                   const keypoint_encoder_options& o)
      : keypoint_encoder(parameter_layout::scope(layout, name), layout, o) {}

 private:
  using base = sequential<resnet, conv2d, spatial_soft_argmax, linear, relu_layer>;

  /// The scope lives until the parameters below it were added.
  keypoint_encoder(const parameter_layout::scope&, parameter_layout& layout,
                   const keypoint_encoder_options& o)
      : keypoint_encoder(layout, o, resnet(layout, "trunk", o.trunk)) {}

  keypoint_encoder(parameter_layout& layout, const keypoint_encoder_options& o, const resnet& trunk)
      : keypoint_encoder(layout, o, trunk, trunk.output_shape(image_shape(o))) {}

  // Braces, because they evaluate from left to right: the order of parameters keys their draws.
  keypoint_encoder(parameter_layout& layout, const keypoint_encoder_options& o, const resnet& trunk,
                   const extents<4>& maps)
      : base{trunk, conv2d(layout, "keypoints", {.inputs = maps[3], .outputs = o.keypoints}),
             spatial_soft_argmax(layout,
                                 {.height = maps[1], .width = maps[2], .channels = o.keypoints}),
             linear(layout, "features", 2 * o.keypoints, o.features), relu_layer{}} {}

  static extents<4> image_shape(const keypoint_encoder_options& o) {
    FLOWKIT_VALIDATE(o.height > 0 && o.width > 0, "keypoint encoder for images of height ",
                     o.height, " and width ", o.width, ": give the size of the cropped image");
    return {1, o.height, o.width, o.trunk.channels};
  }
};

}  // namespace flowkit
