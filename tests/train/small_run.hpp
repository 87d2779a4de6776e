// A training run that is small and complete: network, data, optimiser, average, clipping.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/dataset_source.hpp>
#include <flowkit/train/train_step.hpp>

#include <limits>
#include <vector>

namespace flowkit::testing {

/// Settings of small_run.
struct small_run_options {
  index_t samples = 10;
  index_t batch = 4;
  index_t hidden = 8;
  double learning_rate = 1e-2;
  double clip_norm = 1;
};

/// Owns everything that a train_step refers to. Two objects of equal options are equal.
template <class B>
struct small_run {
  using T = typename B::value_type;
  using matching = flow_matching<mlp_field<>>;

  explicit small_run(const small_run_options& o = {})
      : net(layout, "net", {.dimension = 2, .condition = 3, .hidden = o.hidden}),
        objective(net),
        store(be, layout, {1}),
        optimizer(be, layout),
        average(be, store.values()),
        data(be, {o.samples, 2}),
        conditions(be, {o.samples, 3}),
        source(be, drawn_data(), o.batch),
        step(be, objective, store, optimizer, average,
             {.learning_rate = constant_rate{o.learning_rate}, .clip_norm = o.clip_norm}) {}

  /// All numbers that training changes.
  std::vector<T> numbers() {
    std::vector<T> out;
    for (const named_values<B>& s : step.state()) {
      out.insert(out.end(), s.values.data(), s.values.data() + s.values.size());
    }
    return out;
  }

  B be;
  parameter_layout layout;
  mlp_field<> net;
  matching objective;
  parameter_store<B> store;
  adamw<B> optimizer;
  moving_average<B> average;
  tensor<B, 2> data;
  tensor<B, 2> conditions;
  dataset_source<B> source;
  train_step<B, matching, adamw<B>> step;

 private:
  training_batch<B> drawn_data() {
    be.normal(data.view(), rng_key{2});
    be.normal(conditions.view(), rng_key{3});
    return {.x1 = data.view(), .condition = conditions.view()};
  }
};

}  // namespace flowkit::testing
