// The training step, on every backend that this machine has: the optimiser's pass against memory
// bandwidth, and whole steps against matrix products plus that pass.
//
// Names are optimizer_pass/<backend>/<passes>/<values> and train_step/<backend>/<network>/<sizes>.
// Counters: `floor` is the time in seconds that the backend's own rates allow, measured by this
// program, or those of an H200 on `cuda`; `share` is floor / time. The result is checked before
// anything is timed.
#include "support/backends.hpp"
#include "support/network_floors.hpp"
#include "support/tensors.hpp"
#include "support/training_run.hpp"

#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/nn/unet1d.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace flowkit;

/// Bytes that one pass over all state of an optimiser with average moves: five tensors, in and out.
double optimizer_bytes(index_t size) { return 10.0 * sizeof(float) * static_cast<double>(size); }

/// Whether values, moments and average go in one pass or the average in a second one.
enum class passes { one, two };

/// Flat tensors as an optimiser sees them.
template <class B>
struct flat_parameters {
  flat_parameters(B& backend, index_t size) : be(backend), layout(layout_of(size)) {
    be.normal(store.gradients(), {2});
    be.fill(one.view(), 1.0F);
  }

  static parameter_layout layout_of(index_t size) {
    parameter_layout out;
    out.add("all", extents{size}, initializer::normal(1));
    return out;
  }

  void step(passes p) {
    const step_settings<B> settings{1e-3, 5, one.view(), average.rule(5)};
    trained_values<B> trained{store.values(), store.gradients(), average.values()};
    if (p == passes::two) trained.average = {};
    optimizer.step(be, trained, settings);
    if (p == passes::two) average.step(be, store.values(), 5);
  }

  B& be;
  parameter_layout layout;
  parameter_store<B> store{be, layout, {1}};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  tensor<B, 0> one{be, extents<0>{}};
};

template <class B>
std::vector<float> average_after(B& be, passes p) {
  flat_parameters<B> parameters(be, 1000);
  parameters.step(p);
  return bench::to_host(be, parameters.average.values());
}

template <class B>
bool passes_agree(B& be) {
  const std::vector<float> one = average_after(be, passes::one);
  const std::vector<float> two = average_after(be, passes::two);
  return std::equal(one.begin(), one.end(), two.begin(),
                    [](float a, float b) { return std::abs(a - b) < 1e-6F; });
}

template <class B>
void optimizer_pass(benchmark::State& state, B& be, passes p, index_t size) {
  if (!passes_agree(be)) return state.SkipWithError("one pass and two passes disagree");
  flat_parameters<B> parameters(be, size);
  bench::time_throughput(state, be, [&] { parameters.step(p); });
  bench::report(state, be, {.bytes = optimizer_bytes(size)});
}

/// Times steps. `forward_flop` counts the multiplications and additions of a forward pass for one
/// sample. Backward costs two forward passes, hence the factor 3.
template <class B, class Net>
void time_training(benchmark::State& state, B& be, bench::training_run<B, Net>& run,
                   double forward_flop) {
  run.take_step({1});
  const double first = run.step.loss();
  for (int i = 0; i < 20; ++i) run.take_step({1});  // the same noise: plain regression
  if (!(run.step.loss() < first)) return state.SkipWithError("training does not learn");
  const index_t batch = run.x.shape()[0];
  bench::time_steps(state, be, run, 3 * forward_flop * static_cast<double>(batch));
  state.SetItemsProcessed(state.iterations() * batch);
}

template <class B>
void mlp_step(benchmark::State& state, B& be, index_t batch, index_t hidden) {
  parameter_layout layout;
  mlp_field<> net(layout, "net", {.dimension = 2, .hidden = hidden, .depth = 4});
  bench::training_run run(be, 1e-3, std::move(net), std::move(layout), batch, 2);
  const auto h = static_cast<double>(hidden);
  time_training(state, be, run, 2 * (3 * h + 2 * h * h + 2 * h));
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

template <class B>
void unet_step(benchmark::State& state, B& be, index_t batch, index_t width) {
  const std::vector<index_t> dims{width, 2 * width, 4 * width};
  parameter_layout layout;
  unet1d net(layout, "net", {.channels = 4, .condition = 136, .dims = dims});
  bench::training_run run(be, 1e-3, std::move(net), std::move(layout), batch, 16 * 4);
  time_training(state, be, run, unet_flop(16, 4, dims));
}

void add_passes(const bench::configuration& on) {
  for (const passes p : {passes::one, passes::two}) {
    for (const index_t size : {1 << 16, 1 << 24}) {
      bench::add(text("optimizer_pass/", on.backend,
                      p == passes::one ? "/one_pass/" : "/two_passes/", size),
                 on, [=](auto& state, auto& be) { optimizer_pass(state, be, p, size); });
    }
  }
}

void add_steps(const bench::configuration& on) {
  const std::string name = text("train_step/", on.backend);
  for (const auto& [batch, hidden] : {std::pair{256, 64}, std::pair{1024, 256}}) {
    bench::add(text(name, "/mlp/", batch, '/', hidden), on,
               [b = batch, h = hidden](auto& state, auto& be) { mlp_step(state, be, b, h); });
  }
  for (const auto& [batch, width] : {std::pair{64, 32}, std::pair{64, 128}}) {
    bench::add(text(name, "/unet1d/", batch, '/', width), on,
               [b = batch, w = width](auto& state, auto& be) { unet_step(state, be, b, w); })
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const bench::configuration& on : bench::every_backend()) {
    add_passes(on);
    add_steps(on);
  }
  return bench::run_benchmarks(argc, argv);
}
