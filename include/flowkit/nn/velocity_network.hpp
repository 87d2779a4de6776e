// What a network must offer to be a velocity field: passes over state, time and condition.
#pragma once

#include <flowkit/nn/concepts.hpp>

namespace flowkit {

/// The inputs of a velocity network, one sample per row. `time` has one column for v(x, t) and two
/// for average velocities u(x, t, r) over [t, r]; `condition` may have no columns.
template <class B>
struct field_input {
  const_view_of<B, 2> x;          ///< state [n, d]
  const_view_of<B, 2> time;       ///< [n, times]
  const_view_of<B, 2> condition;  ///< [n, c]
};

/// Gradients with respect to the same inputs.
template <class B>
struct field_gradient {
  view_of<B, 2> x;
  view_of<B, 2> time;
  view_of<B, 2> condition;
};

/// A network u(x, time, condition) with the passes of a layer. `times()` is 1 or 2 and
/// `condition_size()` the columns of the condition; the state size is what the network was built
/// for, or a multiple of its channels. Laws: those of Layer and TangentLayer, over all inputs.
template <class N, class B>
concept VelocityNetwork = requires(const N& net, B& be, const parameters<B>& p,
                                   const field_input<B>& in, workspace<B>& ws,
                                   saved_of<N, B>& saved, const_view_of<B, 2> dy) {
  { net.times() } -> std::same_as<index_t>;
  { net.condition_size() } -> std::same_as<index_t>;
  { net.forward(be, p, in, ws, saved) } -> std::convertible_to<const_view_of<B, 2>>;
  { net.backward(be, p, saved, dy, ws) } -> std::same_as<field_gradient<B>>;
  net.jvp(be, p, in, in, ws).dy;  // (inputs, tangents of the inputs)
};

}  // namespace flowkit
