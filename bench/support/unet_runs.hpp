// Training steps and evaluations of the conditional U-Nets that benchmarks compare.
#pragma once

#include "support/training_run.hpp"

#include <flowkit/nn/unet1d.hpp>

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

/// Training of a U-Net on a batch.
template <class B>
training_run<B, unet1d> unet_training(B& be, const unet1d_options& o, index_t batch) {
  parameter_layout layout;
  unet1d net(layout, "net", o);
  return {be, 1e-4, std::move(net), std::move(layout), batch, horizon * o.channels};
}

/// One evaluation per call.
template <class B>
struct unet_evaluation {
  unet_evaluation(B& backend, const unet1d_options& o, index_t batch)
      : run(unet_training(backend, o, batch)) {
    run.be.fill(t.view(), 0.5F);
  }

  const_view_of<B, 1> evaluate() {
    ws.rewind();
    const field_input<B> in{std::as_const(run.x).view(), std::as_const(t).view(),
                            std::as_const(run.c).view()};
    return flatten(run.net.forward(run.be, run.store.view(), in, ws, saved));
  }

  training_run<B, unet1d> run;
  workspace<B> ws{run.be};
  saved_of<unet1d, B> saved;
  tensor<B, 2> t{run.be, {run.x.shape()[0], 1}};
};

}  // namespace flowkit::bench
