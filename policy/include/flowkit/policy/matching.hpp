// The objective of the base flow: velocity and encoder are trained together.
#pragma once

#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

namespace flowkit::policy {

/// Windows to train on.
template <class B>
struct visuomotor_batch {
  chunks<normalized, const typename B::value_type, typename B::space> x1;
  observation_batch<B> observations;
  const_view_of<B, 1> weights = {};  ///< see training_batch
  const_view_of<B, 2> mask = {};
};

/// Conditional flow matching whose condition the encoder computes in the same pass:
///   loss = mean of (v(x_t, t, encoder(observations)) - (x1 - x0))^2,
/// with x_t = (1 - t) x0 + t x1, x0 from the coupling and t from the sampler. For stored conditions
/// use flow_matching or distillation on `velocity_alone()`. Satisfies Objective for batches of type
/// visuomotor_batch. Refers to the field, which must outlive it.
template <class C = independent_coupling, class Times = uniform_time>
class visuomotor_matching {
 public:
  explicit visuomotor_matching(const visuomotor_field& field, C coupling = {}, Times times = {})
      : field_(&field), coupling_(std::move(coupling)), times_(std::move(times)) {}

  /// See Objective. Throws invalid_input if batch and field do not fit.
  template <class B>
  const_view_of<B, 0> operator()(B& be, const parameters<B>& p, const visuomotor_batch<B>& samples,
                                 rng_key key, workspace<B>& ws) {
    const view_of<B, 0> loss = ws.take(extents<0>{});
    const scratch_scope scope(ws);
    saved_of<observation_encoder, B> encoded;
    const const_view_of<B, 2> c =
        field_->encoder().forward(be, p, samples.observations, ws, encoded);
    const training_batch<B> batch =
        flowkit::detail::checked_batch(training_batch<B>{.x1 = samples.x1.numbers(),
                                                         .condition = c,
                                                         .weights = samples.weights,
                                                         .mask = samples.mask},
                                       field_->condition_size());
    const view_of<B, 1> t = ws.take(extents<1>{batch.x1.shape()[0]});
    times_.draw(be, t, key.split(0));
    const const_view_of<B, 2> x0 = paired_noise(be, coupling_, batch, key.split(1), ws);
    const regression_result<B> result = regress_velocity(be, field_->velocity(), linear_path{}, p,
                                                         batch, x0, const_view_of<B, 1>(t), ws);
    be.copy(loss, result.loss);
    field_->encoder().backward_parameters(be, p, encoded, result.inputs.condition, ws);
    return loss;
  }

 private:
  const visuomotor_field* field_;
  C coupling_;
  Times times_;
};

}  // namespace flowkit::policy
