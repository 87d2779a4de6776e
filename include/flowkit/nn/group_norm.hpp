// Normalisation of groups of channels.
#pragma once

#include <flowkit/core/scalar_option.hpp>
#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// Settings of a group normalisation; groups must divide the channels.
struct group_norm_options {
  index_t channels = 0;
  index_t groups = 1;
  double epsilon = 1e-5;  ///< added to the variance
};

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift (Wu and He 2018), where mean and
/// (biased) variance are taken over all positions and the channels of one group of one sample, and
/// scale and shift belong to a channel. Dense views [batch, ..., channels] of rank 2 and higher;
/// the middle axes are the positions. Scale starts at 1, shift at 0. Throws invalid_input where
/// groups do not divide the channels, and for an epsilon that is not positive and finite: the
/// passes do so for one that is not in the scalar of their backend.
class group_norm {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 3> x;                  ///< [batch, positions, channels]
    const_view_of<B, 2> mean;               ///< [batch, groups]
    const_view_of<B, 2> inverse_deviation;  ///< [batch, groups]
  };

  /// Adds the parameters "name.weight" (scale) and "name.bias" (shift). Allocates.
  group_norm(parameter_layout& layout, std::string_view name, const group_norm_options& o)
      : groups_(o.groups), epsilon_(o.epsilon) {
    FLOWKIT_VALIDATE(o.channels > 0 && o.groups > 0 && o.channels % o.groups == 0,
                     "group normalisation '", name, "' of ", o.channels, " channels in ", o.groups,
                     " groups: groups must be equal parts of the channels; choose a divisor");
    (void)epsilon<double>(text("group normalisation '", name, "'"));
    const parameter_layout::scope scope(layout, name);
    scale_ = layout.add("weight", extents{o.channels}, initializer::ones());
    shift_ = layout.add("bias", extents{o.channels}, initializer::zeros());
  }

  [[nodiscard]] index_t channels() const { return scale_.shape[0]; }
  [[nodiscard]] index_t groups() const { return groups_; }

  /// The shape of the input, whose channels must be those of the layer.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    validate_channels("group normalisation", shape, channels());
    return shape;
  }

  /// Keeps a view of x and takes the statistics from the workspace.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    return forward_with<fn::unchanged, B, R>(be, p, x, {}, ws, s);
  }

  /// y = f(h, others...) in the same pass, where h is the normalised x and f an epilogue of
  /// fn/epilogue.hpp; `others` are [batch, positions, channels].
  template <fn::Epilogue F, class B, std::size_t R>
  view_of<B, R> forward_with(B& be, const parameters<B>& p, const_view_of<B, R> x,
                             const std::array<const_view_of<B, 3>, F::others>& others,
                             workspace<B>& ws, saved<B>& s) const {
    const view_of<B, R> y = ws.take(output_shape(x.shape()));
    const extents<2> statistics{x.shape()[0], groups_};
    const view_of<B, 2> mean = ws.take(statistics);
    const view_of<B, 2> inverse_deviation = ws.take(statistics);
    s = {as_positions(x), mean, inverse_deviation};
    be.group_norm(F{}, groups_, epsilon<typename B::value_type>("group normalisation"), s.x,
                  p.value(scale_), p.value(shift_), others, as_positions(y), mean,
                  inverse_deviation);
    return y;
  }

  /// Adds the gradients of scale and shift; returns that of x, through the statistics as well.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    return backward_with<fn::unchanged, B, R>(be, p, s, {}, dy, {}, ws);
  }

  /// The way back from `forward_with`. Overwrites the gradients [batch, channels] of those operands
  /// that hold one number per sample and channel.
  template <fn::Epilogue F, class B, std::size_t R>
  view_of<B, R> backward_with(B& be, const parameters<B>& p, const saved<B>& s,
                              const std::array<const_view_of<B, 3>, F::others>& others,
                              const_view_of<B, R> dy,
                              const std::array<view_of<B, 2>, F::gradients>& dothers,
                              workspace<B>& ws) const {
    const view_of<B, R> dx = ws.take(dy.shape());
    be.group_norm_backward(F{}, groups_, s.x, p.value(scale_), p.value(shift_), s.mean,
                           s.inverse_deviation, others, as_positions(dy), as_positions(dx),
                           p.gradient(scale_), p.gradient(shift_), dothers);
    return dx;
  }

  /// y and its derivative along dx, through the statistics as well.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, R> y = forward(be, p, x, ws, s);
    const view_of<B, R> dy = ws.take(y.shape());
    be.group_norm_jvp(groups_, s.x, p.value(scale_), s.mean, s.inverse_deviation, as_positions(dx),
                      as_positions(dy));
    return {y, dy};
  }

 private:
  /// Epsilon in scalars T, or throws.
  template <class T>
  [[nodiscard]] T epsilon(std::string_view layer) const {
    const detail::scalar_option<T> out(epsilon_);
    FLOWKIT_VALIDATE(out.positive(), layer, " with epsilon ", out,
                     ": it must be positive, or constant inputs divide by zero, and finite, or all "
                     "outputs are equal; 1e-5 is usual");
    return out.held;
  }

  index_t groups_;
  double epsilon_;
  slot<1> scale_;
  slot<1> shift_;
};

}  // namespace flowkit
