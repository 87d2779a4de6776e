// One term of an objective: a network is pulled towards a target.
#pragma once

#include <flowkit/nn/velocity_network.hpp>
#include <flowkit/objective/loss.hpp>

namespace flowkit {

/// What a regression leaves in the workspace.
template <class B>
struct regression_result {
  const_view_of<B, 0> loss;
  const_view_of<B, 2> prediction;  ///< the network's output [n, d]
  field_gradient<B> inputs;  ///< gradient of the loss, for a trained encoder or null condition
};

/// Evaluates the network at `in`, compares with `target` [n, d], which is held constant, and adds
/// the gradient of the weighted mean squared error to the parameters'. Objectives differ in how
/// they form inputs and target; this is the rest of them.
template <class B, VelocityNetwork<B> N>
regression_result<B> regress(B& be, const N& net, const parameters<B>& p, const field_input<B>& in,
                             const_view_of<B, 2> target, const error_weights<B>& weights,
                             workspace<B>& ws) {
  saved_of<N, B> saved;
  const const_view_of<B, 2> y = net.forward(be, p, in, ws, saved);
  const loss_and_gradient<B> error = mean_squared_error(be, y, target, weights, ws);
  const const_view_of<B, 2> dy = error.gradient;
  return {error.loss, y, net.backward(be, p, saved, dy, ws)};
}

/// Times as the matrix that a network takes: one column t for a velocity v(x, t), and (t, t) for an
/// average velocity u(x, t, r), whose value at r = t is the velocity.
template <class B, class N>
const_view_of<B, 2> instant(B& be, const N& net, const_view_of<B, 1> t, workspace<B>& ws) {
  const extents<2> shape{t.size(), net.times()};
  if (net.times() == 1) return reshape(t, shape);
  const view_of<B, 2> times = ws.take(shape);
  be.copy(times, repeat_columns(t, net.times()));
  return times;
}

}  // namespace flowkit
