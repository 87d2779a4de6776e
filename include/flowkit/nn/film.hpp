// Feature-wise modulation by a condition.
#pragma once

#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// y[n, ..., c] = scale[n, c] h[n, ..., c] + shift[n, c] (Perez et al. 2018), with the scale as it
/// is: no one is added to it. Scale and shift are the halves of a vector [n, 2 c] per sample, which
/// a network computes from the condition. Two inputs, no parameters; h is dense of rank 2 or more.
/// Throws invalid_input where the modulation does not fit h.
class film {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 3> h;           ///< [n, positions, c]
    const_view_of<B, 2> modulation;  ///< [n, 2 c]
  };

  /// Gradients with respect to the two inputs.
  template <class B, std::size_t R>
  struct gradient {
    view_of<B, R> h;
    view_of<B, 2> modulation;
  };

  /// The shape of h, which a modulation of this shape must fit.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& h, const extents<2>& modulation) const {
    FLOWKIT_VALIDATE(modulation[0] == h[0] && modulation[1] == 2 * h[R - 1],
                     "feature-wise modulation of shape ", modulation, " for features of shape ", h,
                     ": it needs the same batch and two numbers, scale and shift, per channel");
    return h;
  }

  /// y = scale h + shift; keeps views of both inputs. Rows of the modulation may be strided.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>&, view<T, R, typename B::space> h,
                        std::type_identity_t<const_view_of<B, 2>> modulation, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, R> y = ws.take(output_shape(h.shape(), modulation.shape()));
    s = {as_positions(h), modulation};
    be.for_each(fn::multiply_add{}, as_positions(y), s.h, half(modulation, 0, s.h),
                half(modulation, 1, s.h));
    return y;
  }

  /// Gradients: scale dy for h; the sums over positions of h dy for the scale, of dy for the shift.
  template <class B, std::size_t R, class T>
  gradient<B, R> backward(B& be, const parameters<B>&, const saved<B>& s,
                          view<T, R, typename B::space> dy, workspace<B>& ws) const {
    const const_view_of<B, 3> g = as_positions(dy);
    const gradient<B, R> out{ws.take(dy.shape()), ws.take(s.modulation.shape())};
    be.for_each(fn::product_of{}, as_positions(out.h), g, half(s.modulation, 0, s.h));

    const scratch_scope<B> scope(ws);
    const index_t channels = s.h.shape()[2];
    const view_of<B, 2> sums = ws.take(extents{s.h.shape()[0], channels});
    be.middle_sums(fn::multiply{}, sums, g, s.h);
    be.copy(columns(out.modulation, 0, channels), sums);
    be.middle_sums(fn::identity{}, sums, g);
    be.copy(columns(out.modulation, channels, channels), sums);
    return out;
  }

  /// y and dy = scale dh + dscale h + dshift
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> h,
                                  std::type_identity_t<const_view_of<B, 2>> modulation,
                                  std::type_identity_t<const_view_of<B, R>> dh,
                                  std::type_identity_t<const_view_of<B, 2>> dmodulation,
                                  workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, R> y = forward(be, p, h, modulation, ws, s);
    const view_of<B, R> dy = ws.take(y.shape());
    be.for_each(fn::sum_of_products{}, as_positions(dy), half(modulation, 0, s.h), as_positions(dh),
                half(dmodulation, 0, s.h), s.h);
    be.for_each(fn::add_to{}, as_positions(dy), half(dmodulation, 1, s.h));
    return {y, dy};
  }

 private:
  /// The scale (0) or the shift (1) of every sample, repeated over the positions of h.
  template <class T, Space S>
  static view<T, 3, S> half(const view<T, 2, S>& modulation, index_t which,
                            const view<T, 3, S>& h) {
    const index_t channels = h.shape()[2];
    return repeat_middle(columns(modulation, which * channels, channels), h.shape()[1]);
  }
};

}  // namespace flowkit
