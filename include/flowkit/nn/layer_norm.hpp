// Normalisation of every position by itself.
#pragma once

#include <flowkit/nn/group_norm.hpp>

namespace flowkit {

/// Settings of a layer normalisation.
struct layer_norm_options {
  index_t channels = 0;
  double epsilon = 1e-5;  ///< added to the variance
};

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift over the last axis (Ba et al. 2016): a
/// group norm whose samples are the rows, in one group. Dense views of any rank. Throws
/// invalid_input as group_norm does.
class layer_norm {
 public:
  template <class B>
  using saved = group_norm::saved<B>;

  /// Adds the parameters "name.weight" (scale) and "name.bias" (shift). Allocates.
  layer_norm(parameter_layout& layout, std::string_view name, const layer_norm_options& o)
      : norm_(layout, name, {.channels = o.channels, .groups = 1, .epsilon = o.epsilon}) {}

  [[nodiscard]] index_t channels() const { return norm_.channels(); }

  /// The shape of the input, whose channels must be those of the layer.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    return norm_.output_shape(shape);
  }

  /// Keeps a view of x and takes the statistics of every row from the workspace.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    return reshape(norm_.forward(be, p, as_rows(x), ws, s), x.shape());
  }

  /// Adds the gradients of scale and shift; returns that of x, through the statistics as well.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    return reshape(norm_.backward(be, p, s, as_rows(dy), ws), dy.shape());
  }

  /// y and its derivative along dx, through the statistics as well.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    const auto out = norm_.jvp(be, p, as_rows(x), as_rows(dx), ws);
    return {reshape(out.y, x.shape()), reshape(out.dy, x.shape())};
  }

 private:
  group_norm norm_;
};

}  // namespace flowkit
