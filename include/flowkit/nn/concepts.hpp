// What a layer is: an immutable description with forward, backward and tangent passes.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/workspace.hpp>
#include <flowkit/nn/parameters.hpp>

namespace flowkit {

/// The saved state of a layer's forward pass that its backward pass needs.
template <class L, class B>
using saved_of = typename L::template saved<B>;

/// A differentiable map of one dense view of rank R on backend B.
/// Expressions: `forward` writes what `backward` needs into `saved` and returns the output;
/// `backward` adds parameter gradients and returns the gradient of the input.
/// Laws: the description is immutable and knows no backend; outputs and saved views live in the
/// workspace until it is rewound; backward adds into parameter gradients, never overwrites; the
/// input is not modified.
template <class L, class B, std::size_t R = 2>
concept Layer = requires(const L& layer, B& be, const parameters<B>& p, const_view_of<B, R> x,
                         workspace<B>& ws, saved_of<L, B>& saved) {
  requires View<decltype(layer.forward(be, p, x, ws, saved))>;
  {layer.output_shape(x.shape())};
  requires requires(decltype(layer.forward(be, p, x, ws, saved)) dy) {
    { layer.backward(be, p, saved, dy, ws) } -> std::convertible_to<const_view_of<B, R>>;
  };
};

/// Adds the parameter gradients that `layer.backward` adds, for callers that drop the gradient of
/// the input, as training does where the input is data. Layers that save work by that have a member
/// of this name; others run `backward`.
template <class L, class B, class D>
void backward_parameters(const L& layer, B& be, const parameters<B>& p, const saved_of<L, B>& saved,
                         const D& dy, workspace<B>& ws) {
  if constexpr (requires { layer.backward_parameters(be, p, saved, dy, ws); }) {
    layer.backward_parameters(be, p, saved, dy, ws);
  } else {
    (void)layer.backward(be, p, saved, dy, ws);
  }
}

/// Output and directional derivative.
template <class V>
struct tangent_pair {
  V y;
  V dy;
};

/// A layer that also maps tangents: `jvp(be, p, x, dx, ws) -> {y, dy}`.
/// Laws: <J v, w> = <v, J^T w>; agrees with central differences in double.
template <class L, class B, std::size_t R = 2>
concept TangentLayer = Layer<L, B, R> && requires(const L& layer, B& be, const parameters<B>& p,
                                                  const_view_of<B, R> x, workspace<B>& ws) {
  layer.jvp(be, p, x, x, ws).y;
  layer.jvp(be, p, x, x, ws).dy;
};

}  // namespace flowkit
