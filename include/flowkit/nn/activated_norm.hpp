// Group normalisation and the activation after it in one pass over memory.
#pragma once

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/film.hpp>
#include <flowkit/nn/group_norm.hpp>

namespace flowkit {

/// y = F(group_norm(x)) for an activation F that fn/kernels.hpp lists among the epilogues, with the
/// parameters, shapes and errors of the normalisation. The normalised values are computed anew on
/// the way back instead of kept. `forward_film` and `forward_sum` also take in what a residual
/// block does next.
template <class F>
class activated_norm {
 public:
  template <class B>
  using saved = group_norm::saved<B>;

  /// Adds the parameters "name.weight" (scale) and "name.bias" (shift). Allocates.
  activated_norm(parameter_layout& layout, std::string_view name, const group_norm_options& o)
      : norm_(layout, name, o) {}

  /// The shape of the input, whose channels must be those of the layer.
  template <std::size_t R>
  [[nodiscard]] extents<R> output_shape(const extents<R>& shape) const {
    return norm_.output_shape(shape);
  }

  /// y = F(h), h the normalised x; keeps a view of x.
  template <class B, std::size_t R, class T>
  view_of<B, R> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                        workspace<B>& ws, saved<B>& s) const {
    return norm_.template forward_with<fn::activated<F>, B, R>(be, p, x, {}, ws, s);
  }

  /// The way back from `forward`, and from `forward_sum`, where the gradient of r is dy.
  template <class B, std::size_t R, class T>
  view_of<B, R> backward(B& be, const parameters<B>& p, const saved<B>& s,
                         view<T, R, typename B::space> dy, workspace<B>& ws) const {
    return norm_.template backward_with<fn::activated<F>, B, R>(be, p, s, {}, dy, {}, ws);
  }

  /// y = F(h) + r for a dense r of the shape of x.
  template <class B, std::size_t R>
  view_of<B, R> forward_sum(B& be, const parameters<B>& p, const_view_of<B, R> x,
                            const_view_of<B, R> r, workspace<B>& ws, saved<B>& s) const {
    return norm_.template forward_with<fn::activated_sum<F>, B, R>(be, p, x, {as_positions(r)}, ws,
                                                                   s);
  }

  /// y = a F(h) + b, where [a, b] is a modulation [batch, 2 channels] as `film` takes it.
  template <class B, std::size_t R>
  view_of<B, R> forward_film(B& be, const parameters<B>& p, const_view_of<B, R> x,
                             const_view_of<B, 2> modulation, workspace<B>& ws, saved<B>& s) const {
    static_cast<void>(film{}.output_shape(x.shape(), modulation.shape()));  // or throws
    return norm_.template forward_with<fn::activated_film<F>, B, R>(
        be, p, x, repeated<B>(modulation, as_positions(x).shape()[1]), ws, s);
  }

  /// The way back from `forward_film`; the modulation is that of the forward pass.
  template <class B, std::size_t R>
  film::gradient<B, R> backward_film(B& be, const parameters<B>& p, const saved<B>& s,
                                     const_view_of<B, 2> modulation, const_view_of<B, R> dy,
                                     workspace<B>& ws) const {
    const view_of<B, 2> dmodulation = ws.take(modulation.shape());
    const view_of<B, R> dx = norm_.template backward_with<fn::activated_film<F>, B, R>(
        be, p, s, repeated<B>(modulation, s.x.shape()[1]), dy, halves(dmodulation), ws);
    return {dx, dmodulation};
  }

  /// y = F(h) and its derivative along dx.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, R>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
                                  std::type_identity_t<const_view_of<B, R>> dx,
                                  workspace<B>& ws) const {
    const auto h = norm_.jvp(be, p, x, dx, ws);
    return activation<F>{}.jvp(be, p, h.y, h.dy, ws);
  }

 private:
  /// Scales and shifts of a modulation.
  template <class T, Space S>
  static std::array<view<T, 2, S>, 2> halves(const view<T, 2, S>& modulation) {
    const index_t channels = modulation.shape()[1] / 2;
    return {columns(modulation, 0, channels), columns(modulation, channels, channels)};
  }

  template <class B>
  static std::array<const_view_of<B, 3>, 2> repeated(const_view_of<B, 2> modulation,
                                                     index_t positions) {
    const auto parts = halves(modulation);
    return {repeat_middle(parts[0], positions), repeat_middle(parts[1], positions)};
  }

  group_norm norm_;
};

}  // namespace flowkit
