// Residual network over images.
#pragma once

#include <flowkit/nn/basic_block.hpp>
#include <flowkit/nn/pooling.hpp>

#include <array>

namespace flowkit {

/// Settings of a residual network.
struct resnet_options {
  index_t channels = 3;                            ///< of the image
  std::vector<index_t> widths{64, 128, 256, 512};  ///< channels of 1 to 6 stages
  index_t group_channels = 16;  ///< channels per group of the normalisations; divides every width
};

/// The trunk of ResNet-18 (He et al. 2016) with group instead of batch normalisation and free
/// widths: convolution 7x7 of stride 2, normalisation, relu, max pooling 3x3 of stride 2, then per
/// stage two basic blocks, the first of which halves the image in all stages but the first.
/// [batch, height, width, channels] -> [batch, height', width', last width], where the size is
/// halved, rounding up, once per stage and once more. Parameters "stem.conv", "stem.norm" and
/// "stage.<i>.<block>. ...". Throws invalid_input for unusable options.
class resnet {
 public:
  /// What comes before the stages.
  using stem_type = sequential<conv2d, activated_norm<fn::relu>, max_pool2d>;

  /// Bounds the stages, so that the saved state is a plain array and never allocates.
  static constexpr index_t max_stages = 6;
  static constexpr index_t blocks_per_stage = 2;  ///< as in ResNet-18

  /// What the backward pass needs; reuse one object over all steps.
  template <class B>
  struct saved {
    saved_of<stem_type, B> stem;
    std::array<saved_of<basic_block, B>, max_stages * blocks_per_stage> blocks;
  };

  /// Adds all parameters below `name`. Convolutions start normal with deviation sqrt(2 / fan_out),
  /// normalisations as the identity.
  resnet(parameter_layout& layout, std::string_view name, const resnet_options& o)
      : resnet(parameter_layout::scope(layout, name), layout, validated(name, o)) {}

  /// Shape of the last stage's output for images of shape x.
  [[nodiscard]] extents<4> output_shape(const extents<4>& x) const {
    extents<4> shape = stem_.output_shape(x);
    for (const basic_block& block : blocks_) shape = block.output_shape(shape);
    return shape;
  }

  template <class B>
  view_of<B, 4> forward(B& be, const parameters<B>& p, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    view_of<B, 4> h = stem_.forward(be, p, x, ws, s.stem);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      h = blocks_[i].forward(be, p, h, ws, s.blocks[i]);
    }
    return h;
  }

  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 4> dy,
                         workspace<B>& ws) const {
    return stem_.backward(be, p, s.stem, backward_stages(be, p, s, dy, ws), ws);
  }

  /// Adds all gradients, but none of the images is computed: the stem's is its slowest pass.
  template <class B>
  void backward_parameters(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 4> dy,
                           workspace<B>& ws) const {
    stem_.backward_parameters(be, p, s.stem, backward_stages(be, p, s, dy, ws), ws);
  }

  template <class B>
  tangent_pair<view_of<B, 4>> jvp(B& be, const parameters<B>& p, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    auto h = stem_.jvp(be, p, x, dx, ws);
    for (const basic_block& block : blocks_) h = block.jvp(be, p, h.y, h.dy, ws);
    return h;
  }

 private:
  /// Adds the gradients of all stages; returns that of the first one's input.
  template <class B>
  const_view_of<B, 4> backward_stages(B& be, const parameters<B>& p, const saved<B>& s,
                                      const_view_of<B, 4> dy, workspace<B>& ws) const {
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      dy = blocks_[i].backward(be, p, s.blocks[i], dy, ws);
    }
    return dy;
  }

  /// The scope lives until the parameters below it were added.
  resnet(const parameter_layout::scope&, parameter_layout& layout, const resnet_options& o)
      : stem_(make_stem(layout, o)) {
    for (std::size_t i = 0; i < o.widths.size(); ++i) {
      const parameter_layout::scope stage(layout, text("stage.", i));
      const index_t inputs = i == 0 ? o.widths[0] : o.widths[i - 1];
      blocks_.emplace_back(layout, "0", block(o, inputs, o.widths[i], i == 0 ? 1 : 2));
      blocks_.emplace_back(layout, "1", block(o, o.widths[i], o.widths[i], 1));
    }
  }

  static basic_block_options block(const resnet_options& o, index_t inputs, index_t outputs,
                                   index_t stride) {
    return {
        .inputs = inputs, .outputs = outputs, .stride = stride, .group_channels = o.group_channels};
  }

  static stem_type make_stem(parameter_layout& layout, const resnet_options& o) {
    const parameter_layout::scope scope(layout, "stem");
    const index_t width = o.widths[0];
    // Braces, because they evaluate from left to right: the order of parameters keys their draws.
    return stem_type{conv2d(layout, "conv",
                            {.inputs = o.channels,
                             .outputs = width,
                             .kernel = {7, 7},
                             .stride = {2, 2},
                             .padding = {3, 3},
                             .bias = bias_term::none,
                             .init = weight_init::normal_fan_out}),
                     activated_norm<fn::relu>(
                         layout, "norm", {.channels = width, .groups = width / o.group_channels}),
                     max_pool2d({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}})};
  }

  static const resnet_options& validated(std::string_view name, const resnet_options& o) {
    const auto stages = static_cast<index_t>(o.widths.size());
    FLOWKIT_VALIDATE(stages >= 1 && stages <= max_stages, "residual network '", name, "' of ",
                     stages, " stages: give the channels of 1 to ", max_stages,
                     " stages in `widths`");
    FLOWKIT_VALIDATE(o.group_channels > 0, "residual network '", name, "' normalised in groups of ",
                     o.group_channels, " channels: a group needs at least one");
    for (const index_t width : o.widths) {
      FLOWKIT_VALIDATE(width > 0 && width % o.group_channels == 0, "residual network '", name,
                       "' with a stage of ", width, " channels normalised in groups of ",
                       o.group_channels, ": the group size must divide every width");
    }
    return o;
  }

  stem_type stem_;
  std::vector<basic_block> blocks_;
};

}  // namespace flowkit
