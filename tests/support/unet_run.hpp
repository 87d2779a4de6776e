// A conditional U-Net in training, and how far some steps end from those of another backend.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace flowkit::testing {

/// Two levels, whose convolutions are large enough for the products of a library.
template <class B>
struct unet_run {
  static unet1d_options options() {
    return {.channels = 3, .condition = 5, .time_embedding = 16, .dims = {32, 64}};
  }

  explicit unet_run(B&& backend, std::uint64_t seed = 1)
      : be(std::move(backend)), net(layout, "net", options()), store(be, layout, {seed}) {
    be.normal(x.view(), {seed, 1});
    be.normal(c.view(), {seed, 2});
  }

  /// Losses of some steps of training.
  std::vector<double> train(int steps) {
    std::vector<double> losses;
    for (int i = 0; i < steps; ++i) {
      step(training_batch<B>{.x1 = x.view(), .condition = c.view()}, keys.next());
      losses.push_back(step.loss());
    }
    return losses;
  }

  std::vector<double> values() {
    const const_view_of<B, 1> v = store.values();
    std::vector<typename B::value_type> out(static_cast<std::size_t>(v.size()));
    be.download(std::span(out), v);
    return {out.begin(), out.end()};
  }

  B be;
  parameter_layout layout;
  unet1d net;
  parameter_store<B> store;
  flow_matching<unet1d> objective{net};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, flow_matching<unet1d>, adamw<B>> step{
      be, objective, store, optimizer, average, {.learning_rate = constant_rate{1e-3}}};
  tensor<B, 2> x{be, {32, 8 * 3}};
  tensor<B, 2> c{be, {32, 5}};
  key_sequence keys{7};
};

inline double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// How far a run of training ends from another one: the largest relative difference of a loss, and
/// the distance of the parameters relative to the way that they went.
struct divergence {
  double loss = 0;
  double parameters = 0;
};

/// How far 20 steps on a backend end from the same steps in double.
template <class B>
divergence after_20_steps(B&& backend) {
  unet_run<eigen<double>> reference(eigen<double>{});
  unet_run<B> run(std::move(backend));
  const std::vector<double> start = reference.values();
  const std::vector<double> expected = reference.train(20);
  const std::vector<double> found = run.train(20);
  divergence out;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    out.loss = std::max(out.loss, std::abs(found[i] - expected[i]) / expected[i]);
  }
  out.parameters = distance(run.values(), reference.values()) / distance(start, reference.values());
  return out;
}

}  // namespace flowkit::testing
