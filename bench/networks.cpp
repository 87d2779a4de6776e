// The networks of policies: training steps and evaluations of the conditional U-Nets, and passes of
// the image encoder, on every CPU backend and precision.
//
// Names are train|forward/<network>/<batch>/<backend and precision> and
// encoder_forward|encoder_train/<images>/<...>. Counters: `floor` is the time in seconds that the
// rates of this machine allow, measured by this program in the same precision: matrix products plus
// (training) the optimiser's pass, or (evaluation) the larger of products and one pass over the
// weights. `share` is floor / time. Every case is compared with eigen<float> before it is timed:
// the first loss of a small network, outputs, and the encoder's gradients, on small batches.
#include "support/floor.hpp"

#include <flowkit/backends/select.hpp>
#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace flowkit;

constexpr index_t horizon = 16;

/// A U-Net of the benchmarks, with its multiplications and additions per sample (those of every tap
/// on every step, the padding included, as they are counted for other libraries).
struct unet_case {
  const char* name;
  unet1d_options options;
  double forward_flop;
};

const std::vector<unet_case>& unets() {
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

/// Operations per second of the largest square product of a backend, measured once.
template <class B>
double rate_of(B& be) {
  constexpr index_t n = 1024;
  tensor<B, 2> a(be, {n, n});
  tensor<B, 2> c(be, {n, n});
  be.normal(a.view(), {1, 0});
  const double seconds = bench::fastest(
      15, [&] { be.gemm(transpose::no, transpose::no, 1.0F, a.view(), a.view(), 0.0F, c.view()); });
  return 2.0 * static_cast<double>(n * n * n) / seconds;
}

/// Rates per configuration: the largest seen, so that noise of the machine lowers none.
template <class B>
double product_rate(B& be, const std::string& configuration) {
  static std::map<std::string, double> known;
  double& rate = known[configuration];
  rate = std::max(rate, rate_of(be));
  return rate;
}

enum class passes { forward, both };

template <class B>
std::vector<float> to_host(B& be, const_view_of<B, 1> x) {
  std::vector<float> out(static_cast<std::size_t>(x.size()));
  be.download(std::span<float>(out), x);
  return out;
}

/// |a - b| / |b|
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - b[i], 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / size);
}

/// What rounding to 24 or 8 bits leaves after the 20 to 30 layers of a network: errors of outputs
/// add up. Those of gradients are amplified where a rounded output of relu changes sign, and by the
/// soft-argmax: 0.15 was seen, a wrong term gives 1.
double rounding(const std::string& configuration, passes which) {
  if (!configuration.ends_with("bf16")) return 1e-4;
  return which == passes::forward ? 0.03 : 0.3;
}

void report_floor(benchmark::State& state, double floor, double parameters) {
  state.counters["floor"] = floor;
  state.counters["share"] = benchmark::Counter(floor * static_cast<double>(state.iterations()),
                                               benchmark::Counter::kIsRate);
  state.counters["parameters"] = parameters;
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

/// The loss of a first step on the reference backend.
double first_loss(const unet1d_options& o) {
  eigen<float> be;
  unet_training run(be, o, 4);
  run.take_step({1});
  return run.step.loss();
}

template <class B>
void train(benchmark::State& state, B& be, const std::string& configuration, const unet_case& one,
           index_t batch) {
  if (one.options.dims.back() <= 256) {  // the reference is slow, and sizes share their code
    unet_training run(be, one.options, 4);
    run.take_step({1});
    const double expected = first_loss(one.options);
    if (!(std::abs(run.step.loss() - expected) < 0.02 * expected)) {
      return state.SkipWithError("differs from eigen<float>");
    }
  }
  unet_training run(be, one.options, batch);
  key_sequence keys(7);
  for (int i = 0; i < 2; ++i) run.take_step(keys.next());
  if (!std::isfinite(run.step.loss())) return state.SkipWithError("loss is not finite");
  for (auto _ : state) run.take_step(keys.next());
  const double bytes = 10.0 * sizeof(float) * static_cast<double>(run.layout.size());
  const double flop = 3 * one.forward_flop * static_cast<double>(batch);
  report_floor(state, flop / product_rate(be, configuration) + bytes / bench::bandwidth(bytes),
               static_cast<double>(run.layout.parameter_count()));
}

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

/// Whether the outputs are those of the reference backend.
template <class B>
bool evaluates_well(B& be, const std::string& configuration, const unet1d_options& o) {
  eigen<float> reference;
  unet_evaluation expected(reference, o, 2);
  unet_evaluation found(be, o, 2);
  return distance(to_host(be, found.evaluate()), to_host(reference, expected.evaluate())) <
         rounding(configuration, passes::forward);
}

template <class B>
void evaluate(benchmark::State& state, B& be, const std::string& configuration,
              const unet_case& one, index_t batch) {
  if (!evaluates_well(be, configuration, one.options)) {
    return state.SkipWithError("differs from eigen<float>");
  }
  unet_evaluation run(be, one.options, batch);
  // Scratch grows, then becomes one block.
  for (int i = 0; i < 2; ++i) run.evaluate();
  for (auto _ : state) benchmark::DoNotOptimize(run.evaluate().data());
  const auto parameters = static_cast<double>(run.run.layout.parameter_count());
  const double bytes = sizeof(float) * parameters;
  const double flop = one.forward_flop * static_cast<double>(batch);
  report_floor(state,
               std::max(flop / product_rate(be, configuration), bytes / bench::bandwidth(bytes)),
               parameters);
}

/// Multiplications and additions of the encoder's convolutions for one 84 x 84 image: the stem on
/// 42 x 42, then four stages from 21 x 21 on, and the keypoint maps. The backward pass has two
/// products for each of these, but none for the gradient of the image.
double encoder_flop(passes which) {
  constexpr double stem = 42.0 * 42 * 49 * 3 * 64;
  double products = stem;
  double inputs = 64;
  double size = 21;
  for (const double width : {64.0, 128.0, 256.0, 512.0}) {
    if (width > 64) size = std::ceil(size / 2);
    products += size * size * (9 * inputs * width + 27 * width * width);
    if (width > 64) products += size * size * inputs * width;
    inputs = width;
  }
  products += size * size * 512 * 32;
  return 2 * (which == passes::both ? 3 * products - stem : products);
}

/// One forward pass per call, or one with the gradients of all parameters.
template <class B>
struct encoder_run {
  encoder_run(B& backend, index_t images)
      : be(backend), x(be, {images, 84, 84, 3}), dy(be, {images, 64}) {
    be.normal(x.view(), {2});
    be.normal(dy.view(), {3});
  }

  const_view_of<B, 1> run(passes which) {
    ws.rewind();
    const auto y = net.forward(be, store.view(), std::as_const(x).view(), ws, saved);
    if (which == passes::forward) return flatten(y);
    net.backward_parameters(be, store.view(), saved, std::as_const(dy).view(), ws);
    return store.gradients();
  }

  B& be;
  parameter_layout layout;
  keypoint_encoder net{layout, "net", {.height = 84, .width = 84}};
  parameter_store<B> store{be, layout, {1}};
  workspace<B> ws{be};
  saved_of<keypoint_encoder, B> saved;
  tensor<B, 4> x;
  tensor<B, 2> dy;
};

template <class B>
bool encodes_well(B& be, const std::string& configuration, passes which, index_t images) {
  eigen<float> reference;
  encoder_run expected(reference, images);
  encoder_run found(be, images);
  return distance(to_host(be, found.run(which)), to_host(reference, expected.run(which))) <
         rounding(configuration, which);
}

template <class B>
void encode(benchmark::State& state, B& be, const std::string& configuration, passes which,
            index_t images) {
  // Eight are enough for the kernels of large batches.
  if (!encodes_well(be, configuration, which, std::min<index_t>(images, 8))) {
    return state.SkipWithError("differs from eigen<float>");
  }
  encoder_run run(be, images);
  // Scratch grows, then becomes one block.
  for (int i = 0; i < 2; ++i) run.run(which);
  for (auto _ : state) run.run(which);
  const double flop = encoder_flop(which) * static_cast<double>(images);
  report_floor(state, flop / product_rate(be, configuration),
               static_cast<double>(run.layout.parameter_count()));
}

/// Calls f(state, backend object) with the named configuration.
template <class F>
void add(const std::string& name, const std::string& configuration, const F& f) {
  benchmark::RegisterBenchmark(
      text(name, '/', configuration).c_str(),
      [=](benchmark::State& state) {
        const std::string backend = configuration.substr(0, configuration.find('_'));
        const backend_options options{
            .precision = configuration.ends_with("bf16") ? precision::bf16 : precision::f32};
        with_backend(
            backend, [&](auto& be) { f(state, be); }, options);
      })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

void add_all(const std::string& configuration) {
  for (const unet_case& one : unets()) {
    for (const index_t batch : {1, 64, 256}) {
      add(text("train/", one.name, '/', batch), configuration,
          [=, &one](auto& state, auto& be) { train(state, be, configuration, one, batch); });
      add(text("forward/", one.name, '/', batch), configuration,
          [=, &one](auto& state, auto& be) { evaluate(state, be, configuration, one, batch); });
    }
  }
  for (const index_t images : {1, 2, 128}) {
    add(text("encoder_forward/", images), configuration,
        [=](auto& state, auto& be) { encode(state, be, configuration, passes::forward, images); });
    add(text("encoder_train/", images), configuration,
        [=](auto& state, auto& be) { encode(state, be, configuration, passes::both, images); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  add_all("eigen_f32");
#if defined(FLOWKIT_HAS_ONEDNN)
  add_all("onednn_f32");
  add_all("onednn_bf16");
#endif
  benchmark::RunSpecifiedBenchmarks();
}
