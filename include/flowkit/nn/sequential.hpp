// Layers one after the other.
#pragma once

#include <flowkit/nn/concepts.hpp>

#include <tuple>

namespace flowkit {

/// y = l_k(... l_1(x)): any number of layers, each a Layer for the output of the one before; ranks
/// may change on the way. Its saved state is the tuple of theirs.
/// Example: sequential net{linear(layout, "in", 2, 64), silu_layer{}, linear(layout, "out", 64,
/// 2)}; with braces, because they evaluate from left to right: the order in which layers add their
/// parameters decides what each of them draws.
template <class... Layers>
  requires(sizeof...(Layers) > 0)
class sequential {
 public:
  template <class B>
  using saved = std::tuple<saved_of<Layers, B>...>;

  /// Takes the layers by value: they are descriptions and hold no numbers.
  explicit sequential(Layers... layers) : layers_(std::move(layers)...) {}

  /// The i-th layer.
  template <std::size_t I>
  [[nodiscard]] const auto& layer() const {
    return std::get<I>(layers_);
  }

  /// The shape after the last layer. Throws invalid_input where a layer does not fit the one
  /// before.
  template <std::size_t R>
  [[nodiscard]] auto output_shape(const extents<R>& shape) const {
    return shape_from<0>(shape);
  }

  /// The output of the last layer; every layer keeps its own state.
  template <class B, std::size_t R, class T>
  auto forward(B& be, const parameters<B>& p, view<T, R, typename B::space> x, workspace<B>& ws,
               saved<B>& s) const {
    return forward_from<0>(be, p, x, ws, s);
  }

  /// Adds the gradients of all layers, last to first; returns that of x.
  template <class B, std::size_t R, class T>
  auto backward(B& be, const parameters<B>& p, const saved<B>& s, view<T, R, typename B::space> dy,
                workspace<B>& ws) const {
    return backward_from<count - 1, 0>(be, p, s, dy, ws);
  }

  /// Adds the gradients of all layers; the first one need not know that of x.
  template <class B, std::size_t R, class T>
  void backward_parameters(B& be, const parameters<B>& p, const saved<B>& s,
                           view<T, R, typename B::space> dy, workspace<B>& ws) const {
    if constexpr (count == 1) {
      flowkit::backward_parameters(layer<0>(), be, p, std::get<0>(s), dy, ws);
    } else {
      flowkit::backward_parameters(layer<0>(), be, p, std::get<0>(s),
                                   backward_from<count - 1, 1>(be, p, s, dy, ws), ws);
    }
  }

  /// The output of the last layer and its derivative along dx.
  template <class B, std::size_t R, class T>
  auto jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> x,
           std::type_identity_t<const_view_of<B, R>> dx, workspace<B>& ws) const {
    return jvp_from<0>(be, p, x, dx, ws);
  }

 private:
  static constexpr std::size_t count = sizeof...(Layers);

  template <std::size_t I, std::size_t R>
  [[nodiscard]] auto shape_from(const extents<R>& shape) const {
    const auto y = layer<I>().output_shape(shape);
    if constexpr (I + 1 == count) {
      return y;
    } else {
      return shape_from<I + 1>(y);
    }
  }

  template <std::size_t I, class B, class X>
  auto forward_from(B& be, const parameters<B>& p, const X& x, workspace<B>& ws,
                    saved<B>& s) const {
    const auto y = layer<I>().forward(be, p, x, ws, std::get<I>(s));
    if constexpr (I + 1 == count) {
      return y;
    } else {
      return forward_from<I + 1>(be, p, y, ws, s);
    }
  }

  /// From layer I down to layer Last.
  template <std::size_t I, std::size_t Last, class B, class Y>
  auto backward_from(B& be, const parameters<B>& p, const saved<B>& s, const Y& dy,
                     workspace<B>& ws) const {
    const auto dx = layer<I>().backward(be, p, std::get<I>(s), dy, ws);
    if constexpr (I == Last) {
      return dx;
    } else {
      return backward_from<I - 1, Last>(be, p, s, dx, ws);
    }
  }

  template <std::size_t I, class B, class X, class D>
  auto jvp_from(B& be, const parameters<B>& p, const X& x, const D& dx, workspace<B>& ws) const {
    const auto out = layer<I>().jvp(be, p, x, dx, ws);
    if constexpr (I + 1 == count) {
      return out;
    } else {
      return jvp_from<I + 1>(be, p, out.y, out.dy, ws);
    }
  }

  std::tuple<Layers...> layers_;
};

}  // namespace flowkit
