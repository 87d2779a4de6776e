// A layer around which the input is carried unchanged.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/nn/concepts.hpp>

namespace flowkit {

/// y = x + f(x) (He et al. 2016) for a layer f that keeps the shape; anything else throws
/// invalid_input.
template <class Inner>
class residual {
 public:
  template <class B>
  using saved = saved_of<Inner, B>;

  explicit residual(Inner inner) : inner_(std::move(inner)) {}

  [[nodiscard]] const Inner& inner() const { return inner_; }

  /// The shape of the input, which the inner layer must keep.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    const extents<R> y = inner_.output_shape(shape);
    FLOWKIT_VALIDATE(y == shape, "residual layer whose inner layer maps shape ", shape, " to ", y,
                     ": input and output are added, so the inner layer must keep the shape");
    return y;
  }

  /// x + f(x), in memory of its own.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    const view_of<B, R> y = ws.take(output_shape(x.shape()));
    return add<B, R>(be, y, x, inner_.forward(be, p, x, ws, s));
  }

  /// Adds the gradients of f; returns dy plus the gradient that f passes on.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    const view_of<B, R> dx = ws.take(dy.shape());
    return add<B, R>(be, dx, dy, inner_.backward(be, p, s, dy, ws));
  }

  /// x + f(x), and dx plus the derivative of f along dx.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    const extents<R> shape = output_shape(x.shape());
    const view_of<B, R> y = ws.take(shape);
    const view_of<B, R> dy = ws.take(shape);
    const auto inner = inner_.jvp(be, p, x, dx, ws);
    return {add<B, R>(be, y, x, inner.y), add<B, R>(be, dy, dx, inner.dy)};
  }

 private:
  /// Into memory of its own: the saved state of the inner layer may refer to its output.
  template <class B, std::size_t R>
  static view_of<B, R> add(B& be, view_of<B, R> y, const_view_of<B, R> a, const_view_of<B, R> b) {
    be.for_each(fn::sum_of{}, y, a, b);
    return y;
  }

  Inner inner_;
};

}  // namespace flowkit
