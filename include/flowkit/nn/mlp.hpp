// Multilayer perceptron.
#pragma once

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/linear.hpp>

#include <array>
#include <vector>

namespace flowkit {

/// Settings of a perceptron: `depth` affine layers with `hidden` values between them.
struct mlp_options {
  index_t inputs = 0;
  index_t hidden = 64;
  index_t depth = 3;
  index_t outputs = 0;
};

/// y = L_depth(F(... F(L_1(x)))) on the last axis: `depth` affine layers and an activation F after
/// each but the last. The parameters of the i-th affine layer are named "2 i", as in a numbered
/// list of affine layers and activations. Throws invalid_input for unusable options.
template <class F = fn::silu>
class mlp {
 public:
  /// Bounds the depth, so that the saved state is a plain array and never allocates.
  static constexpr index_t max_depth = 16;

  template <class B>
  struct saved {
    std::array<linear::saved<B>, max_depth> affine;
    /// Of the activation before the affine layer of the same index; the first has none.
    std::array<typename activation<F>::template saved<B>, max_depth> activated;
  };

  /// Adds the parameters "name.0.weight", "name.0.bias", "name.2.weight", ... Allocates.
  mlp(parameter_layout& layout, std::string_view name, const mlp_options& o) {
    FLOWKIT_VALIDATE(o.depth >= 1 && o.depth <= max_depth, "perceptron '", name, "' of depth ",
                     o.depth, ": the depth counts affine layers, from 1 to ", max_depth);
    FLOWKIT_VALIDATE(o.inputs > 0 && o.hidden > 0 && o.outputs > 0, "perceptron '", name, "' from ",
                     o.inputs, " over ", o.hidden, " to ", o.outputs,
                     " values: all must be positive");
    const parameter_layout::scope scope(layout, name);
    for (index_t i = 0; i < o.depth; ++i) {
      layers_.emplace_back(layout, text(2 * i), i == 0 ? o.inputs : o.hidden,
                           i + 1 == o.depth ? o.outputs : o.hidden);
    }
  }

  [[nodiscard]] index_t inputs() const { return layers_.front().inputs(); }
  [[nodiscard]] index_t outputs() const { return layers_.back().outputs(); }
  [[nodiscard]] index_t depth() const { return static_cast<index_t>(layers_.size()); }

  /// [..., inputs] -> [..., outputs]
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    validate_channels("perceptron", shape, inputs());
    return with_channels(shape, outputs());
  }

  /// Dense x [..., inputs] -> [..., outputs]; keeps the inputs of all layers.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    view_of<B, R> y = layers_[0].forward(be, p, x, ws, s.affine[0]);
    for (std::size_t i = 1; i < layers_.size(); ++i) {
      y = activation_.forward(be, p, y, ws, s.activated[i]);
      y = layers_[i].forward(be, p, y, ws, s.affine[i]);
    }
    return y;
  }

  /// Adds the gradients of all affine layers; returns that of x.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    const_view_of<B, R> gradient = dy;
    for (std::size_t i = layers_.size() - 1; i > 0; --i) {
      gradient = layers_[i].backward(be, p, s.affine[i], gradient, ws);
      gradient = activation_.backward(be, p, s.activated[i], gradient, ws);
    }
    return layers_[0].backward(be, p, s.affine[0], gradient, ws);
  }

  /// y and its derivative along dx, layer by layer.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    tangent_pair<view_of<B, R>> out = layers_[0].jvp(be, p, x, dx, ws);
    for (std::size_t i = 1; i < layers_.size(); ++i) {
      out = activation_.jvp(be, p, out.y, out.dy, ws);
      out = layers_[i].jvp(be, p, out.y, out.dy, ws);
    }
    return out;
  }

 private:
  std::vector<linear> layers_;
  activation<F> activation_;
};

}  // namespace flowkit
