// The training step: the optimiser's pass against memory bandwidth, and whole steps against matrix
// products plus that pass.
//
// Counters: `floor` is the time that the machine's own rates allow, measured by this program;
// `share` is floor / time. The result is checked before anything is timed.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/nn/unet1d.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <optional>

#include "support/floor.hpp"
#include "support/training_run.hpp"

namespace {

using namespace flowkit;
using B = eigen<float>;

/// Bytes that one pass over all state of an optimiser with average moves: five tensors, in and out.
double optimizer_bytes(index_t size) { return 10.0 * sizeof(float) * static_cast<double>(size); }

/// Whether values, moments and average go in one pass or the average in a second one.
enum class passes { one, two };

/// Flat tensors as an optimiser sees them.
struct flat_parameters {
  explicit flat_parameters(index_t size) {
    layout.add("all", extents{size}, initializer::normal(1));
    store.emplace(be, layout, rng_key{1});
    optimizer.emplace(be, layout);
    average.emplace(be, store->values());
    be.normal(store->gradients(), {2});
    one = tensor<B, 0>(be, {});
    be.fill(one.view(), 1.0F);
  }

  void step(passes p) {
    const step_settings<B> settings{1e-3, 5, one.view(), average->rule(5)};
    trained_values<B> trained{store->values(), store->gradients(), average->values()};
    if (p == passes::two) trained.average = {};
    optimizer->step(be, trained, settings);
    if (p == passes::two) average->step(be, store->values(), 5);
  }

  B be;
  parameter_layout layout;
  std::optional<parameter_store<B>> store;
  std::optional<adamw<B>> optimizer;
  std::optional<moving_average<B>> average;
  tensor<B, 0> one;
};

bool passes_agree() {
  flat_parameters one(1000);
  flat_parameters two(1000);
  one.step(passes::one);
  two.step(passes::two);
  double largest = 0;
  for (index_t i = 0; i < 1000; ++i) {
    const auto difference = one.average->values()(i) - two.average->values()(i);
    largest = std::max(largest, std::abs(static_cast<double>(difference)));
  }
  return largest < 1e-6;
}

void optimizer_pass(benchmark::State& state, passes p) {
  if (!passes_agree()) return state.SkipWithError("one pass and two passes disagree");
  flat_parameters parameters(state.range(0));
  for (auto _ : state) parameters.step(p);
  bench::report(state, {.bytes = optimizer_bytes(state.range(0))});
}

/// Times steps. `forward_flop` counts the multiplications and additions of a forward pass for one
/// sample. Backward costs two forward passes, hence the factor 3.
template <class Net>
void time_steps(benchmark::State& state, bench::training_run<B, Net>& run, double forward_flop) {
  run.take_step({1});
  const double first = run.step.loss();
  for (int i = 0; i < 20; ++i) run.take_step({1});  // the same noise: plain regression
  if (!(run.step.loss() < first)) return state.SkipWithError("training does not learn");
  key_sequence keys(7);
  for (auto _ : state) run.take_step(keys.next());
  const double flop = 3 * forward_flop * static_cast<double>(run.x.shape()[0]);
  const double bytes = optimizer_bytes(run.layout.size());
  const double floor = flop / bench::product_rate() + bytes / bench::bandwidth(bytes);
  bench::report_floor(state, floor);
  state.counters["parameters"] = static_cast<double>(run.layout.parameter_count());
  state.SetItemsProcessed(state.iterations() * run.x.shape()[0]);
}

void mlp_step(benchmark::State& state) {
  const index_t hidden = state.range(1);
  parameter_layout layout;
  mlp_field<> net(layout, "net", {.dimension = 2, .hidden = hidden, .depth = 4});
  B be;
  bench::training_run run(be, 1e-3, std::move(net), std::move(layout), state.range(0), 2);
  const auto h = static_cast<double>(hidden);
  time_steps(state, run, 2 * (3 * h + 2 * h * h + 2 * h));
}

/// Multiply-adds of the convolutions of unet1d: a residual pair of kernel k on `length` steps has
/// 3 k out^2 + k in out multiplications per step.
double unet_flop(index_t length, index_t channels, const std::vector<index_t>& dims) {
  constexpr double k = 5;
  double total = 0;
  auto pair = [&](double in, double out, double steps) {
    total += steps * (k * in * out + 3 * k * out * out + (in != out ? in * out : 0));
  };
  auto at = [&](std::size_t level) { return static_cast<double>(dims[level]); };
  auto steps = static_cast<double>(length);
  double in = static_cast<double>(channels);
  for (std::size_t l = 0; l < dims.size(); ++l) {
    pair(in, at(l), steps);
    in = at(l);
    if (l + 1 < dims.size()) {
      steps /= 2;
      total += steps * 3 * in * in;
    }
  }
  pair(in, in, steps);
  for (std::size_t l = dims.size() - 1; l > 0; --l) {
    pair(2 * at(l), at(l - 1), steps);
    total += steps * 4 * at(l - 1) * at(l - 1);
    steps *= 2;
  }
  return 2 * (total + steps * k * at(0) * at(0));
}

void unet_step(benchmark::State& state) {
  const index_t width = state.range(1);
  const std::vector<index_t> dims{width, 2 * width, 4 * width};
  parameter_layout layout;
  unet1d net(layout, "net", {.channels = 4, .condition = 136, .dims = dims});
  B be;
  bench::training_run run(be, 1e-3, std::move(net), std::move(layout), state.range(0), 16 * 4);
  time_steps(state, run, unet_flop(16, 4, dims));
}

BENCHMARK_CAPTURE(optimizer_pass, eigen / one_pass, passes::one)
    ->Arg(1 << 16)
    ->Arg(1 << 24)
    ->UseRealTime();
BENCHMARK_CAPTURE(optimizer_pass, eigen / two_passes, passes::two)
    ->Arg(1 << 16)
    ->Arg(1 << 24)
    ->UseRealTime();
BENCHMARK(mlp_step)
    ->Name("train_step/eigen/mlp")
    ->Args({256, 64})
    ->Args({1024, 256})
    ->UseRealTime();
BENCHMARK(unet_step)
    ->Name("train_step/eigen/unet1d")
    ->Args({64, 32})
    ->Args({64, 128})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
