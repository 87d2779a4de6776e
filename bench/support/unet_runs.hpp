// Training steps and evaluations of the conditional U-Nets that benchmarks compare.
#pragma once

#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <utility>
#include <vector>

namespace flowkit::bench {

constexpr index_t horizon = 16;

/// A U-Net of the benchmarks, with its multiplications and additions per sample (those of every tap
/// on every step, the padding included, as they are counted for other libraries).
struct unet_case {
  const char* name;
  unet1d_options options;
  double forward_flop;
};

inline const std::vector<unet_case>& unets() {
  static const std::vector<unet_case> all{
      {"small",
       {.channels = 4, .condition = 78, .time_embedding = 64, .dims = {64, 128, 256}},
       0.0374e9},
      {"kitchen",
       {.channels = 9, .condition = 120, .time_embedding = 256, .dims = {256, 512, 1024}},
       0.593e9},
      {"metaworld",
       {.channels = 4, .condition = 136, .time_embedding = 128, .dims = {512, 1024, 2048}},
       2.340e9},
  };
  return all;
}

/// One pass of loss, gradients, AdamW and average per call.
template <class B>
struct unet_training {
  unet_training(B& backend, const unet1d_options& o, index_t batch)
      : be(backend),
        net(layout, "net", o),
        x(be, {batch, horizon * o.channels}),
        c(be, {batch, o.condition}) {
    be.normal(x.view(), {2});
    be.normal(c.view(), {3});
  }

  void take_step(rng_key key) {
    step(training_batch<B>{.x1 = x.view(), .condition = c.view()}, key);
  }

  B& be;
  parameter_layout layout;
  unet1d net;
  flow_matching<unet1d> objective{net};
  parameter_store<B> store{be, layout, {1}};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, flow_matching<unet1d>, adamw<B>> step{
      be, objective, store, optimizer, average, {.learning_rate = constant_rate{1e-4}}};
  tensor<B, 2> x;
  tensor<B, 2> c;
};

/// One evaluation per call.
template <class B>
struct unet_evaluation {
  unet_evaluation(B& backend, const unet1d_options& o, index_t batch) : run(backend, o, batch) {
    run.be.fill(t.view(), 0.5F);
  }

  const_view_of<B, 1> evaluate() {
    ws.rewind();
    const field_input<B> in{std::as_const(run.x).view(), std::as_const(t).view(),
                            std::as_const(run.c).view()};
    return flatten(run.net.forward(run.be, run.store.view(), in, ws, saved));
  }

  unet_training<B> run;
  workspace<B> ws{run.be};
  saved_of<unet1d, B> saved;
  tensor<B, 2> t{run.be, {run.x.shape()[0], 1}};
};

}  // namespace flowkit::bench
