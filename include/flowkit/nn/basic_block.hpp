// Residual block of two 3x3 convolutions: the brick of `resnet`.
#pragma once

#include <flowkit/nn/activated_norm.hpp>
#include <flowkit/nn/conv2d.hpp>
#include <flowkit/nn/sequential.hpp>

#include <optional>

namespace flowkit {

/// Settings of a basic block.
struct basic_block_options {
  index_t inputs = 0;
  index_t outputs = 0;
  index_t stride = 1;           ///< of the first convolution
  index_t group_channels = 16;  ///< channels per group of the normalisations; divides the outputs
};

/// y = relu(norm2(conv2(relu(norm1(conv1(x))))) + shortcut(x)) on images [batch, height, width,
/// channels] (He et al. 2016, with group instead of batch normalisation). The shortcut is a strided
/// 1x1 convolution and a normalisation, or the identity where size and channels stay as they are.
/// No convolution has a bias. Parameters "conv1", "norm1", "conv2", "norm2" and, with a shortcut,
/// "shortcut.conv", "shortcut.norm". Throws invalid_input as its layers do.
class basic_block {
 public:
  /// What is added to the shortcut.
  using branch_type = sequential<conv2d, activated_norm<fn::relu>, conv2d, group_norm>;
  /// The shortcut where it is not the identity.
  using shortcut_type = sequential<conv2d, group_norm>;

  template <class B>
  struct saved {
    saved_of<branch_type, B> branch;
    saved_of<shortcut_type, B> shortcut;  ///< unused where the shortcut is the identity
    saved_of<relu_layer, B> relu;
  };

  basic_block(parameter_layout& layout, std::string_view name, const basic_block_options& o)
      : basic_block(parameter_layout::scope(layout, name), layout, o) {}

  /// [batch, height / stride, width / stride, outputs], sizes rounded up.
  [[nodiscard]] extents<4> output_shape(const extents<4>& x) const {
    return branch_.output_shape(x);
  }

  template <class B>
  view_of<B, 4> forward(B& be, const parameters<B>& p, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, 4> h = branch_.forward(be, p, x, ws, s.branch);
    // In place: a normalisation saves its input, never its output.
    be.for_each(fn::add_to{}, h, shortcut_ ? shortcut_->forward(be, p, x, ws, s.shortcut) : x);
    return relu_.forward(be, p, h, ws, s.relu);
  }

  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 4> dy,
                         workspace<B>& ws) const {
    // The gradient of the sum reaches branch and shortcut alike.
    const const_view_of<B, 4> dh = relu_.backward(be, p, s.relu, dy, ws);
    const view_of<B, 4> dx = branch_.backward(be, p, s.branch, dh, ws);
    be.for_each(fn::add_to{}, dx, shortcut_ ? shortcut_->backward(be, p, s.shortcut, dh, ws) : dh);
    return dx;
  }

  template <class B>
  tangent_pair<view_of<B, 4>> jvp(B& be, const parameters<B>& p, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    const auto h = branch_.jvp(be, p, x, dx, ws);
    if (shortcut_) {
      const auto carried = shortcut_->jvp(be, p, x, dx, ws);
      x = carried.y;
      dx = carried.dy;
    }
    be.for_each(fn::add_to{}, h.y, x);
    be.for_each(fn::add_to{}, h.dy, dx);
    return relu_.jvp(be, p, h.y, h.dy, ws);
  }

 private:
  /// The scope lives until the parameters below it were added.
  basic_block(const parameter_layout::scope&, parameter_layout& layout,
              const basic_block_options& o)
      : branch_(make_branch(layout, o)) {
    if (o.stride == 1 && o.inputs == o.outputs) return;
    const parameter_layout::scope scope(layout, "shortcut");
    shortcut_.emplace(
        shortcut_type{conv(layout, "conv", o.inputs, o, 1, o.stride), norm(layout, "norm", o)});
  }

  static branch_type make_branch(parameter_layout& layout, const basic_block_options& o) {
    // Braces, because they evaluate from left to right: the order of parameters keys their draws.
    return branch_type{
        conv(layout, "conv1", o.inputs, o, 3, o.stride),
        activated_norm<fn::relu>(layout, "norm1", {.channels = o.outputs, .groups = groups_of(o)}),
        conv(layout, "conv2", o.outputs, o, 3, 1), norm(layout, "norm2", o)};
  }

  static conv2d conv(parameter_layout& layout, std::string_view name, index_t inputs,
                     const basic_block_options& o, index_t kernel, index_t stride) {
    return {layout,
            name,
            {.inputs = inputs,
             .outputs = o.outputs,
             .kernel = {kernel, kernel},
             .stride = {stride, stride},
             .padding = {kernel / 2, kernel / 2},
             .bias = bias_term::none,
             .init = weight_init::normal_fan_out}};
  }

  static group_norm norm(parameter_layout& layout, std::string_view name,
                         const basic_block_options& o) {
    return {layout, name, {.channels = o.outputs, .groups = groups_of(o)}};
  }

  static index_t groups_of(const basic_block_options& o) {
    FLOWKIT_VALIDATE(o.group_channels > 0 && o.outputs % o.group_channels == 0,
                     "residual block of ", o.outputs, " channels normalised in groups of ",
                     o.group_channels, ": the group size must divide the channels");
    return o.outputs / o.group_channels;
  }

  branch_type branch_;
  std::optional<shortcut_type> shortcut_;
  relu_layer relu_;
};

}  // namespace flowkit
