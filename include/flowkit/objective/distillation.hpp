// Distillation of a flow into one step: noise is mapped to its stored end point at once.
#pragma once

#include <flowkit/objective/flow_matching.hpp>

namespace flowkit {

/// Regression of the whole displacement at one time (Liu et al. 2023, "k = 1"; the last stage of
/// SeFA, Xue et al. 2025):
///   loss = mean of (v(x_eps, eps, c) - (x1 - x0))^2,   x_eps = (1 - eps) x0 + eps x1,
/// on stored pairs, after which x0 + v(x0, eps, c) generates in one evaluation.
template <class Net>
class distillation {
 public:
  explicit distillation(Net net, fixed_time at = {}) : net_(std::move(net)), at_(at) {
    FLOWKIT_VALIDATE(at.time >= 0 && at.time < 1, "distillation at time ", at.time,
                     ": noise is at 0 and data at 1; choose a time near 0, such as 0.001");
  }

  /// See Objective. Throws invalid_input if the batch has no stored noise or does not fit.
  template <class B>
  const_view_of<B, 0> operator()(B& be, const parameters<B>& p, const training_batch<B>& samples,
                                 rng_key key, workspace<B>& ws) const {
    const training_batch<B> batch = detail::checked_batch(samples, net_.condition_size());
    FLOWKIT_VALIDATE(!batch.x0.empty(),
                     "distillation needs the noise that each sample was generated from, but the "
                     "batch holds data only; integrate a trained flow and store its end points");
    const view_of<B, 0> loss = ws.take(extents<0>{});
    const scratch_scope scope(ws);
    const view_of<B, 1> t = ws.take(extents<1>{batch.x1.shape()[0]});
    at_.draw(be, t, key);
    be.copy(loss, regress_velocity(be, net_, linear_path{}, p, batch, batch.x0,
                                   const_view_of<B, 1>(t), ws)
                      .loss);
    return loss;
  }

 private:
  Net net_;
  fixed_time at_;
};

}  // namespace flowkit
