// Affine map of the last axis.
#pragma once

#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/init.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// y = x W + b on the last axis of x, with W [inputs, outputs] and b [outputs].
/// Initialised uniformly in +-1/sqrt(inputs). Throws invalid_input for sizes that are not positive
/// and for inputs with another number of channels.
class linear {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 2> x;  ///< input as rows
  };

  /// Adds the parameters "name.weight" and "name.bias". Allocates.
  linear(parameter_layout& layout, std::string_view name, index_t inputs, index_t outputs) {
    FLOWKIT_VALIDATE(inputs > 0 && outputs > 0, "linear layer '", name, "' from ", inputs, " to ",
                     outputs, " values: both must be positive");
    const parameter_layout::scope scope(layout, name);
    weight_ = layout.add("weight", extents{inputs, outputs}, uniform_fan_in(inputs));
    bias_ = layout.add("bias", extents{outputs}, uniform_fan_in(inputs));
  }

  [[nodiscard]] index_t inputs() const { return weight_.shape[0]; }
  [[nodiscard]] index_t outputs() const { return weight_.shape[1]; }

  /// [..., inputs] -> [..., outputs]
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    validate_channels("linear layer", shape, inputs());
    return with_channels(shape, outputs());
  }

  /// Dense x [..., inputs] -> y [..., outputs]; keeps a view of x.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    const view_of<B, R> y = ws.take(output_shape(x.shape()));
    s.x = as_rows(x);
    multiply(be, p, s.x, p.value(bias_), as_rows(y));
    return y;
  }

  /// Adds x^T dy and the column sums of dy to the gradients; returns dx = dy W^T.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    using S = typename B::value_type;
    const const_view_of<B, 2> rows_dy = as_rows(dy);
    be.gemm(transpose::yes, transpose::no, S(1), s.x, rows_dy, S(1), p.gradient(weight_));
    be.column_sums(fn::identity{}, accumulate::add, p.gradient(bias_), rows_dy);
    const view_of<B, R> dx = ws.take(with_channels(dy.shape(), inputs()));
    be.gemm(transpose::no, transpose::yes, S(1), rows_dy, p.value(weight_), S(0), as_rows(dx));
    return dx;
  }

  /// y and dy = dx W, its derivative along dx.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    saved<B> unused;
    const view_of<B, R> y = forward(be, p, x, ws, unused);
    const view_of<B, R> dy = ws.take(y.shape());
    multiply(be, p, as_rows(dx), typename B::value_type(0), as_rows(dy));
    return {y, dy};
  }

 private:
  /// y = x W + a row, or x W for `from` 0
  template <class B, class From>
  void multiply(B& be, const parameters<B>& p, const_view_of<B, 2> x, const From& from,
                view_of<B, 2> y) const {
    be.gemm(transpose::no, transpose::no, typename B::value_type(1), x, p.value(weight_), from, y);
  }

  slot<2> weight_;
  slot<1> bias_;
};

}  // namespace flowkit
