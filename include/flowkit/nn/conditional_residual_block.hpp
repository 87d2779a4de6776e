// Residual block over time whose features a condition scales and shifts: the brick of `unet1d`.
#pragma once

#include <flowkit/nn/conv_block.hpp>
#include <flowkit/nn/linear.hpp>

#include <optional>

namespace flowkit {

/// y = block2(film(block1(x), modulation(a))) + skip(x): [n, time, inputs] -> [n, time, outputs]
/// (Janner et al. 2022; Chi et al. 2023), where block1 and block2 are convolution blocks,
/// modulation is an affine map of the condition a [n, condition] to a scale and a shift per
/// channel, and skip is a 1x1 convolution, or the identity where the channels agree. The condition
/// arrives activated, because all blocks of a network share it. Throws invalid_input for unusable
/// options and for inputs of other sizes.
class conditional_residual_block {
 public:
  template <class B>
  struct saved {
    saved_of<conv_block, B> block1;
    saved_of<linear, B> modulation;
    const_view_of<B, 2> scales;  ///< the modulation of block 1, [n, 2 outputs]
    saved_of<conv_block, B> block2;
    saved_of<conv1d, B> skip;  ///< unused where the channels agree
  };

  /// Adds "block1. ...", "modulation. ...", "block2. ..." and, where the channels differ, "skip.
  /// ..." below `name`; `condition` is the number of values per sample.
  conditional_residual_block(parameter_layout& layout, std::string_view name, index_t condition,
                             const conv_block_options& o)
      : conditional_residual_block(parameter_layout::scope(layout, name), layout, condition, o) {}

  /// The shape of the output for features of shape x; the condition has no part in it.
  [[nodiscard]] extents<3> output_shape(const extents<3>& x) const {
    return block2_.output_shape(block1_.output_shape(x));
  }

  /// x [n, time, inputs], condition [n, condition] -> [n, time, outputs].
  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                        const_view_of<B, 2> condition, workspace<B>& ws, saved<B>& s) const {
    const auto m = modulation_.forward(be, p, condition, ws, s.modulation);
    s.scales = m;
    const auto h = block1_.forward_film(be, p, x, s.scales, ws, s.block1);
    const const_view_of<B, 3> carried = skip_ ? skip_->forward(be, p, x, ws, s.skip) : x;
    return block2_.forward_sum(be, p, h, carried, ws, s.block2);
  }

  /// Returns the gradient of x and adds the gradient of the condition to `dcondition`, because a
  /// network sums it over its blocks.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         view_of<B, 2> dcondition, workspace<B>& ws) const {
    const view_of<B, 3> dh = block2_.backward(be, p, s.block2, dy, ws);
    const auto d = block1_.backward_film(be, p, s.block1, s.scales, dh, ws);
    const const_view_of<B, 2> da = modulation_.backward(be, p, s.modulation, d.modulation, ws);
    be.for_each(fn::add_to{}, dcondition, da);
    be.for_each(fn::add_to{}, d.h, skip_ ? skip_->backward(be, p, s.skip, dy, ws) : dy);
    return d.h;
  }

  /// Output, and its derivative along a tangent of features and condition.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 2> condition, const_view_of<B, 3> dx,
                                  const_view_of<B, 2> dcondition, workspace<B>& ws) const {
    const auto h = block1_.jvp(be, p, x, dx, ws);
    const auto m = modulation_.jvp(be, p, condition, dcondition, ws);
    const auto modulated = film{}.jvp(be, p, h.y, m.y, h.dy, m.dy, ws);
    const auto out = block2_.jvp(be, p, modulated.y, modulated.dy, ws);
    if (skip_) {
      const auto carried = skip_->jvp(be, p, x, dx, ws);
      add<B>(be, out, carried.y, carried.dy);
    } else {
      add<B>(be, out, x, dx);
    }
    return out;
  }

 private:
  /// The scope lives until the parameters below it were added.
  conditional_residual_block(const parameter_layout::scope&, parameter_layout& layout,
                             index_t condition, const conv_block_options& o)
      : block1_(layout, "block1", o),
        modulation_(layout, "modulation", condition, 2 * o.outputs),
        block2_(layout, "block2", with_inputs(o, o.outputs)) {
    if (o.inputs == o.outputs) return;
    skip_.emplace(layout, "skip", conv1d_options{.inputs = o.inputs, .outputs = o.outputs});
  }

  static conv_block_options with_inputs(conv_block_options o, index_t inputs) {
    o.inputs = inputs;
    return o;
  }

  template <class B>
  static void add(B& be, const tangent_pair<view_of<B, 3>>& to, const_view_of<B, 3> y,
                  const_view_of<B, 3> dy) {
    be.for_each(fn::add_to{}, to.y, y);
    be.for_each(fn::add_to{}, to.dy, dy);
  }

  conv_block block1_;
  linear modulation_;
  conv_block block2_;
  std::optional<conv1d> skip_;
};

/// Two conditional residual blocks, "first" and "second", under one condition; the second keeps the
/// channels: [n, time, inputs] -> [n, time, outputs]. Every level of a U-Net is such a pair. Passes
/// and errors are those of its blocks.
class conditional_residual_pair {
 public:
  template <class B>
  struct saved {
    saved_of<conditional_residual_block, B> first;
    saved_of<conditional_residual_block, B> second;
  };

  conditional_residual_pair(parameter_layout& layout, std::string_view name, index_t condition,
                            conv_block_options o)
      : conditional_residual_pair(parameter_layout::scope(layout, name), layout, condition, o) {}

  /// x [n, time, inputs], condition [n, condition] -> [n, time, outputs].
  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                        const_view_of<B, 2> condition, workspace<B>& ws, saved<B>& s) const {
    const view_of<B, 3> h = first_.forward(be, p, x, condition, ws, s.first);
    return second_.forward(be, p, h, condition, ws, s.second);
  }

  /// Returns the gradient of x and adds the gradient of the condition to `dcondition`.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         view_of<B, 2> dcondition, workspace<B>& ws) const {
    const view_of<B, 3> dh = second_.backward(be, p, s.second, dy, dcondition, ws);
    return first_.backward(be, p, s.first, dh, dcondition, ws);
  }

  /// Output, and its derivative along a tangent of features and condition.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 2> condition, const_view_of<B, 3> dx,
                                  const_view_of<B, 2> dcondition, workspace<B>& ws) const {
    const auto h = first_.jvp(be, p, x, condition, dx, dcondition, ws);
    return second_.jvp(be, p, h.y, condition, h.dy, dcondition, ws);
  }

 private:
  conditional_residual_pair(const parameter_layout::scope&, parameter_layout& layout,
                            index_t condition, const conv_block_options& o)
      : first_(layout, "first", condition, o),
        second_(
            layout, "second", condition,
            {.inputs = o.outputs, .outputs = o.outputs, .kernel = o.kernel, .groups = o.groups}) {}

  conditional_residual_block first_;
  conditional_residual_block second_;
};

}  // namespace flowkit
