// Activation layers: a function of one variable applied to every element.
#pragma once

#include <flowkit/fn/pointwise.hpp>
#include <flowkit/nn/concepts.hpp>

namespace flowkit {

/// y = F(x) elementwise on dense views of any rank, for a functor F of fn/pointwise.hpp or alike.
/// Has no parameters. The input is kept rather than the output, because the slopes of smooth
/// activations are functions of it and of nothing less.
template <class F>
  requires fn::Pointwise<F, float> && fn::Pointwise<F, double>
class activation {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 1> x;  ///< all elements of the input
  };

  /// The shape of the input.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    return shape;
  }

  /// y = F(x); keeps a view of x.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>&, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    const view_of<B, R> y = ws.take(x.shape());
    s.x = flatten(x);
    be.for_each(fn::pointwise_value<F>{}, flatten(y), s.x);
    return y;
  }

  /// dx = F'(x) dy
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>&, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    return times_slope(be, s.x, const_view_of<B, R>(dy), ws);
  }

  /// y = F(x) and dy = F'(x) dx
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, R> y = forward(be, p, x, ws, s);
    return {y, times_slope(be, s.x, dx, ws)};
  }

 private:
  /// F'(x) v: the Jacobian is diagonal, so both directions of differentiation are this product.
  template <class B, std::size_t R>
  static view_of<B, R> times_slope(B& be, const_view_of<B, 1> x,
                                   view<const typename B::value_type, R, typename B::space> v,
                                   workspace<B>& ws) {
    const view_of<B, R> out = ws.take(v.shape());
    be.for_each(fn::pointwise_product<F>{}, flatten(out), x, flatten(v));
    return out;
  }
};

// The names end in _layer because `tanh` alone would clash with the C library's.
using relu_layer = activation<fn::relu>;
using tanh_layer = activation<fn::tanh>;
using silu_layer = activation<fn::silu>;
using mish_layer = activation<fn::mish>;
using gelu_layer = activation<fn::gelu>;

}  // namespace flowkit
