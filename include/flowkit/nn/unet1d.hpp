// The conditional U-Net over time: velocity of an action chunk given time and observation.
#pragma once

#include <flowkit/nn/time_condition.hpp>
#include <flowkit/nn/unet1d_levels.hpp>

namespace flowkit {

/// Settings of a conditional U-Net. The defaults are those of the low-dimensional networks of
/// Diffusion Policy (Chi et al. 2023), but for the size of the time feature.
struct unet1d_options {
  index_t channels = 0;                       ///< values per time step of the state
  index_t condition = 0;                      ///< size of the condition; 0: none
  index_t time_embedding = 128;               ///< size of the time feature; even, at least 4
  std::vector<index_t> dims{256, 512, 1024};  ///< channels per level, 1 to 6 levels
  index_t kernel = 5;                         ///< of the blocks; odd
  index_t groups = 8;                         ///< of the normalisations; must divide every dim
  index_t times = 1;      ///< 1: velocity v(x, t); 2: average velocity u(x, t, r)
  double time_scale = 1;  ///< multiplies the times before they are embedded
};

/// Conditional U-Net on chunks: states [n, T * channels], read as [n, T, channels], for every T
/// that 2^(L - 1) divides, where L is the number of levels (Janner et al. 2022; Chi et al. 2023).
/// With a = time_condition(t, c) modulating all blocks:
///   down    l = 0 .. L-1:  s_l = pair_l(h), h = conv(s_l) to half the time; the last: h = s_l
///   middle                 h = pair(h)
///   up      l = L-1 .. 1:  h = transposed conv(pair_l([h, s_l])) to twice the time
///   head                   y = conv of kernel 1 (conv_block(h))
/// s_0 is not carried over, as in the published network. Satisfies VelocityNetwork. Throws
/// invalid_input for unusable options and for inputs of other sizes.
class unet1d {
 public:
  /// Bounds the levels, so that the saved state is made of plain arrays and never allocates.
  static constexpr index_t max_levels = detail::unet1d_max_levels;

  /// What the backward pass needs; reuse one object over all steps.
  template <class B>
  struct saved {
    saved_of<time_condition, B> condition;
    saved_of<detail::unet1d_descent, B> down;
    saved_of<conditional_residual_pair, B> middle;
    saved_of<detail::unet1d_ascent, B> up;
    saved_of<conv_block, B> head;
    saved_of<conv1d, B> output;
  };

  /// Adds all parameters below `name`, each drawn as its layer draws it by itself.
  unet1d(parameter_layout& layout, std::string_view name, const unet1d_options& o)
      : unet1d(parameter_layout::scope(layout, name), layout, validated(name, o)) {}

  /// Values per time step of the state.
  [[nodiscard]] index_t channels() const { return output_.outputs(); }
  /// Columns of the time input: 1 or 2.
  [[nodiscard]] index_t times() const { return condition_.times(); }
  /// Columns of the condition input.
  [[nodiscard]] index_t condition_size() const { return condition_.condition_size(); }
  [[nodiscard]] index_t levels() const { return down_.levels(); }
  /// The part that joins times and condition.
  [[nodiscard]] const time_condition& condition() const { return condition_; }

  /// The velocity [n, T * channels].
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>& p, const field_input<B>& in, workspace<B>& ws,
                        saved<B>& s) const {
    detail::skips<B> skip;
    const view_of<B, 2> a = condition_.forward(be, p, in, ws, s.condition);
    const_view_of<B, 3> h = down_.forward(be, p, chunk<B>(in.x), a, ws, s.down, skip);
    h = middle_.forward(be, p, h, a, ws, s.middle);
    h = up_.forward(be, p, h, skip, a, ws, s.up);
    h = head_.forward(be, p, h, ws, s.head);
    return reshape(output_.forward(be, p, h, ws, s.output), in.x.shape());
  }

  /// Gradients of state, times and condition; adds those of the parameters.
  template <class B>
  field_gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s,
                             const_view_of<B, 2> dy, workspace<B>& ws) const {
    detail::skips<B> dskip;
    const view_of<B, 2> da = ws.take(extents{dy.shape()[0], condition_.outputs()});
    be.fill(da, typename B::value_type(0));
    view_of<B, 3> dh = output_.backward(be, p, s.output, chunk<B>(dy), ws);
    dh = head_.backward(be, p, s.head, dh, ws);
    dh = up_.backward(be, p, s.up, dh, dskip, da, ws);
    dh = middle_.backward(be, p, s.middle, dh, da, ws);
    dh = down_.backward(be, p, s.down, dh, dskip, da, ws);
    field_gradient<B> out = condition_.backward(be, p, s.condition, da, ws);
    out.x = reshape(dh, dy.shape());
    return out;
  }

  /// The velocity, and its derivative along a tangent of state, times and condition.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const field_input<B>& in,
                                  const field_input<B>& din, workspace<B>& ws) const {
    detail::skip_tangents<B> skip;
    const auto a = condition_.jvp(be, p, in, din, ws);
    const auto deepest = down_.jvp(be, p, chunk<B>(in.x), chunk<B>(din.x), a, ws, skip);
    auto h = middle_.jvp(be, p, deepest.y, a.y, deepest.dy, a.dy, ws);
    h = up_.jvp(be, p, h, skip, a, ws);
    h = head_.jvp(be, p, h.y, h.dy, ws);
    h = output_.jvp(be, p, h.y, h.dy, ws);
    return {reshape(h.y, in.x.shape()), reshape(h.dy, in.x.shape())};
  }

 private:
  /// The scope lives until the parameters below it were added.
  unet1d(const parameter_layout::scope&, parameter_layout& layout, const unet1d_options& o)
      : condition_(layout, {.condition = o.condition,
                            .time_embedding = o.time_embedding,
                            .times = o.times,
                            .time_scale = o.time_scale}),
        down_(layout, side(o)),
        middle_(layout, "middle", condition_.outputs(),
                side(o).block(o.dims.back(), o.dims.back())),
        up_(layout, side(o)),
        head_(layout, "head", side(o).block(o.dims[0], o.dims[0])),
        output_(layout, "output", {.inputs = o.dims[0], .outputs = o.channels}) {}

  [[nodiscard]] detail::unet1d_side_options side(const unet1d_options& o) const {
    return {o.channels, o.dims, condition_.outputs(), o.kernel, o.groups};
  }

  static const unet1d_options& validated(std::string_view name, const unet1d_options& o) {
    FLOWKIT_VALIDATE(o.channels > 0, "U-Net '", name, "' with ", o.channels,
                     " channels: it needs at least one value per time step");
    const auto levels = static_cast<index_t>(o.dims.size());
    FLOWKIT_VALIDATE(levels >= 1 && levels <= max_levels, "U-Net '", name, "' with ", levels,
                     " levels: give the channels of 1 to ", max_levels, " levels in `dims`");
    return o;
  }

  /// A state [n, T * channels] as [n, T, channels].
  template <class B>
  const_view_of<B, 3> chunk(const_view_of<B, 2> x) const {
    const index_t steps = x.shape()[1] / channels();
    const index_t shortest = index_t{1} << (levels() - 1);
    FLOWKIT_VALIDATE(
        x.shape()[1] > 0 && x.shape()[1] == steps * channels() && steps % shortest == 0,
        "U-Net of ", channels(), " channels and ", levels(), " levels got states of shape ",
        x.shape(), ": a row must hold T steps of ", channels(),
        " values, where T is a multiple of ", shortest);
    return reshape(x, extents<3>{x.shape()[0], steps, channels()});
  }

  time_condition condition_;
  detail::unet1d_descent down_;
  conditional_residual_pair middle_;
  detail::unet1d_ascent up_;
  conv_block head_;
  conv1d output_;
};

}  // namespace flowkit
