// Flow matching: a network learns the velocity of paths between paired noise and data.
#pragma once

#include <flowkit/coupling/concepts.hpp>
#include <flowkit/coupling/independent.hpp>
#include <flowkit/objective/concepts.hpp>
#include <flowkit/objective/regression.hpp>
#include <flowkit/objective/time_sampling.hpp>
#include <flowkit/path/affine_path.hpp>

namespace flowkit {

/// The noise of a batch: stored with the data (reflow), or drawn by the coupling.
template <class B, Coupling<B> C>
const_view_of<B, 2> paired_noise(B& be, C& coupling, const training_batch<B>& batch, rng_key key,
                                 workspace<B>& ws) {
  if (!batch.x0.empty()) return batch.x0;
  const view_of<B, 2> x0 = ws.take(batch.x1.shape());
  coupling.draw(be, pair_batch<B>{x0, batch.x1, batch.condition}, key, ws);
  return x0;
}

/// Regresses the network at (x_t, t, condition) on the velocity of the path from x0 to x1, where
/// x_t is its point at time t: one sample per row, t [n]. Adds gradients, returns the loss.
template <class B, VelocityNetwork<B> N, Path<B> P>
regression_result<B> regress_velocity(B& be, const N& net, const P& path, const parameters<B>& p,
                                      const training_batch<B>& batch, const_view_of<B, 2> x0,
                                      const_view_of<B, 1> t, workspace<B>& ws) {
  const view_of<B, 2> xt = ws.take(batch.x1.shape());
  const view_of<B, 2> ut = ws.take(batch.x1.shape());
  path.sample(be, t, x0, batch.x1, xt, ut);
  const field_input<B> in{xt, instant(be, net, t, ws), batch.condition};
  return regress(be, net, p, in, const_view_of<B, 2>(ut), {batch.weights, batch.mask}, ws);
}

/// Conditional flow matching (Lipman et al. 2023; Liu et al. 2023; Tong et al. 2024):
///   loss = mean of (v(x_t, t, c) - u_t)^2  with  x_t = path(x0, x1, t),  u_t = dx_t / dt,
/// x1 and c from the batch, x0 from the coupling (or from the batch, if it stores noise) and t from
/// the time sampler. Networks over intervals, u(x, t, r), are trained at r = t.
template <class Net, class P = linear_path, class C = independent_coupling,
          class Times = uniform_time>
class flow_matching {
 public:
  explicit flow_matching(Net net, P path = P{}, C coupling = C{}, Times times = Times{})
      : net_(std::move(net)),
        path_(std::move(path)),
        coupling_(std::move(coupling)),
        times_(std::move(times)) {}

  /// See Objective. Throws invalid_input if batch and network do not fit.
  template <class B>
  const_view_of<B, 0> operator()(B& be, const parameters<B>& p, const training_batch<B>& samples,
                                 rng_key key, workspace<B>& ws) {
    const training_batch<B> batch = detail::checked_batch(samples, net_.condition_size());
    const view_of<B, 0> loss = ws.take(extents<0>{});
    const scratch_scope scope(ws);
    const view_of<B, 1> t = ws.take(extents<1>{batch.x1.shape()[0]});
    times_.draw(be, t, key.split(0));
    const const_view_of<B, 2> x0 = paired_noise(be, coupling_, batch, key.split(1), ws);
    be.copy(loss, regress_velocity(be, net_, path_, p, batch, x0, t, ws).loss);
    return loss;
  }

 private:
  Net net_;
  P path_;
  C coupling_;
  Times times_;
};

}  // namespace flowkit
