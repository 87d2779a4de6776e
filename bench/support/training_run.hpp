// A network in training, for programs that time its steps.
#pragma once

#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <algorithm>
#include <utility>

namespace flowkit::bench {

/// One pass of loss, gradients, AdamW and average per call, on samples [batch, d] that are noise.
/// Refers to the backend; not movable.
template <class B, class Net>
struct training_run {
  training_run(B& backend, double rate, Net network, parameter_layout&& parameters, index_t batch,
               index_t d)
      : be(backend),
        layout(std::move(parameters)),
        net(std::move(network)),
        step(be, objective, store, optimizer, average, {.learning_rate = constant_rate{rate}}),
        x(be, {batch, d}),
        c(be, {batch, std::max<index_t>(net.condition_size(), 1)}) {
    be.normal(x.view(), {2});
    be.normal(c.view(), {3});
  }
  training_run(const training_run&) = delete;
  training_run& operator=(const training_run&) = delete;

  void take_step(rng_key key) { step(samples(), key); }

  /// The gradients that a first step would follow. Allocates.
  const_view_of<B, 1> gradients(rng_key key) {
    workspace<B> ws(be);
    objective(be, store.view(), samples(), key, ws);
    return store.gradients();
  }

  [[nodiscard]] training_batch<B> samples() const {
    training_batch<B> out{.x1 = x.view()};
    if (net.condition_size() > 0) out.condition = c.view();
    return out;
  }

  B& be;
  parameter_layout layout;
  Net net;
  flow_matching<Net> objective{net};
  parameter_store<B> store{be, layout, {1}};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, flow_matching<Net>, adamw<B>> step;
  tensor<B, 2> x;
  tensor<B, 2> c;
};

}  // namespace flowkit::bench
