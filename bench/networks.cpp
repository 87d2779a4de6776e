// The networks of policies: training steps and evaluations of the conditional U-Nets, passes of the
// image encoder, and (on a GPU) training of both together, on every backend and precision that this
// machine has.
//
// Names are train|forward/<network>/<batch>/<backend and precision>,
// encoder_forward|encoder_train/<images>/<...> and images_train/<network>/<batch>/<...>. On a
// backend that records, evaluations are replayed and training steps are single launches. Counters:
// `floor` is the time in seconds that the rates of this machine allow, measured by this program in
// the same precision, or those of an H200 (support/gpu_rates.hpp) on `cuda`: matrix products plus
// (training) the optimiser's pass, or (evaluation) the larger of products and one pass over the
// weights. `share` is floor / time; `p50` and `p99` are seconds of single calls, waiting for their
// end. Every case is compared with eigen<float> before it is timed: first losses (of the small
// network alone on a CPU), outputs, and the encoder's gradients, on small batches.
#include "support/call_times.hpp"
#include "support/floor.hpp"
#include "support/gpu_rates.hpp"

#include <flowkit/backend/replay.hpp>
#include <flowkit/backends/select.hpp>
#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/policy/matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace flowkit;

constexpr index_t horizon = 16;

/// Calls before the timed ones: scratch grows, becomes one block, is left alone, is recorded.
template <class B>
constexpr int warm_up_calls = RecordingBackend<B> ? 4 : 2;

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

precision precision_of(const std::string& configuration) {
  if (configuration.ends_with("bf16")) return precision::bf16;
  return configuration.ends_with("tf32") ? precision::tf32 : precision::f32;
}

/// Rates per configuration: the largest seen, so that noise of the machine lowers none.
template <class B>
double product_rate(B& be, const std::string& configuration) {
  if constexpr (bench::on_gpu<B>) return bench::gpu_product_rate(precision_of(configuration));
  static std::map<std::string, double> known;
  double& rate = known[configuration];
  rate = std::max(rate, rate_of(be));
  return rate;
}

/// Bytes per second of passes over so many.
template <class B>
double bandwidth(double bytes) {
  return bench::on_gpu<B> ? bench::gpu_bandwidth : bench::bandwidth(bytes);
}

/// Seconds of an evaluation: the weights are read once, on a GPU in the format of products, in
/// which they could be stored.
template <class B>
double evaluation_floor(B& be, const std::string& configuration, double flop, double weights) {
  const double bytes =
      weights * (bench::on_gpu<B> ? bench::gpu_weight_bytes(precision_of(configuration)) : 4);
  return std::max(flop / product_rate(be, configuration), bytes / bandwidth<B>(bytes));
}

/// Seconds of a training step: products, then values, gradients, two moments and the average, all
/// read and written.
template <class B>
double training_floor(B& be, const std::string& configuration, double flop, double weights) {
  const double bytes = 10.0 * sizeof(float) * weights;
  return flop / product_rate(be, configuration) + bytes / bandwidth<B>(bytes);
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
  const double bf16 = which == passes::forward ? 0.03 : 0.3;
  switch (precision_of(configuration)) {
    case precision::bf16:
      return bf16;
    case precision::tf32:
      return bf16 / 4;  // three bits more, one of them lost where operands are cut, not rounded
    default:
      return 1e-4;
  }
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

/// Times steps of a run that costs so many operations in products.
template <class B, class Run>
void time_steps(benchmark::State& state, B& be, const std::string& configuration, Run& run,
                double flop) {
  key_sequence keys(7);
  for (int i = 0; i < warm_up_calls<B>; ++i) run.take_step(keys.next());
  if (!std::isfinite(run.step.loss())) return state.SkipWithError("loss is not finite");
  bench::time_calls(state, be, [&] { run.take_step(keys.next()); });
  const auto weights = static_cast<double>(run.layout.parameter_count());
  report_floor(state, training_floor(be, configuration, flop, weights), weights);
}

template <class B>
void train(benchmark::State& state, B& be, const std::string& configuration, const unet_case& one,
           index_t batch) {
  // The reference is slow, and sizes share their code; products of a GPU are chosen by their size.
  if (bench::on_gpu<B> || one.options.dims.back() <= 256) {
    unet_training run(be, one.options, 4);
    run.take_step({1});
    const double expected = first_loss(one.options);
    if (!(std::abs(run.step.loss() - expected) < 0.02 * expected)) {
      return state.SkipWithError("differs from eigen<float>");
    }
  }
  unet_training run(be, one.options, batch);
  const double flop = 3 * one.forward_flop * static_cast<double>(batch);
  time_steps(state, be, configuration, run, flop);
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
  replay<B> again(be);
  const auto evaluate_once = [&] { again([&] { run.evaluate(); }); };
  for (int i = 0; i < warm_up_calls<B>; ++i) evaluate_once();
  bench::time_calls(state, be, evaluate_once);
  const auto parameters = static_cast<double>(run.run.layout.parameter_count());
  const double flop = one.forward_flop * static_cast<double>(batch);
  report_floor(state, evaluation_floor(be, configuration, flop, parameters), parameters);
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
  replay<B> again(be);
  const auto pass = [&] { again([&] { run.run(which); }); };
  for (int i = 0; i < warm_up_calls<B>; ++i) pass();
  bench::time_calls(state, be, pass);
  const double flop = encoder_flop(which) * static_cast<double>(images);
  report_floor(state, flop / product_rate(be, configuration),
               static_cast<double>(run.layout.parameter_count()));
}

/// The encoder trained with the U-Net: two crops of 84 x 84 and two states of 4 numbers per sample
/// make the condition of 136 numbers.
template <class B>
struct images_training {
  images_training(B& backend, const char* preset, index_t batch)
      : be(backend),
        field({.horizon = horizon,
               .observe = 2,
               .action = {"x", "y", "z", "grip"},
               .state = {"x", "y", "z", "grip"},
               .cameras = {{"front", 96, 96, 84, 84}}},
              policy::network_preset(preset)),
        x(be, {batch, horizon * 4}),
        states(be, {batch, 2 * 4}),
        images(be, {2 * batch, 84, 84, 3}) {
    be.normal(x.view(), {2});
    be.normal(states.view(), {3});
    be.normal(images.view(), {4});
  }

  void take_step(rng_key key) {
    policy::visuomotor_batch<B> batch;
    batch.x1 = decltype(batch.x1)(std::as_const(x).view());
    batch.observations.state = decltype(batch.observations.state)(std::as_const(states).view());
    batch.observations.images[0] = images.view();
    step(batch, key);
  }

  B& be;
  policy::visuomotor_field field;
  const parameter_layout& layout = field.layout();
  policy::visuomotor_matching<> objective{field};
  parameter_store<B> store{be, layout, {1}};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, policy::visuomotor_matching<>, adamw<B>> step{
      be, objective, store, optimizer, average, {.learning_rate = constant_rate{1e-4}}};
  tensor<B, 2> x;
  tensor<B, 2> states;
  tensor<B, 4> images;
};

template <class B>
double first_loss(B& be, const char* preset) {
  images_training run(be, preset, 2);
  run.take_step({1});
  return run.step.loss();
}

template <class B>
void train_with_images(benchmark::State& state, B& be, const std::string& configuration,
                       const unet_case& one, const char* preset, index_t batch) {
  eigen<float> reference;
  const double expected = first_loss(reference, preset);
  if (!(std::abs(first_loss(be, preset) - expected) < 0.02 * expected)) {
    return state.SkipWithError("differs from eigen<float>");
  }
  images_training run(be, preset, batch);
  const double flop =
      static_cast<double>(batch) * (3 * one.forward_flop + 2 * encoder_flop(passes::both));
  time_steps(state, be, configuration, run, flop);
}

/// Calls f(state, backend object) with the named configuration.
template <class F>
void add(const std::string& name, const std::string& configuration, const F& f) {
  benchmark::RegisterBenchmark(text(name, '/', configuration).c_str(),
                               [=](benchmark::State& state) {
                                 const std::string backend =
                                     configuration.substr(0, configuration.find('_'));
                                 with_backend(backend, [&](auto& be) { f(state, be); },
                                              {.precision = precision_of(configuration)});
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

/// A step of the largest network takes minutes on a CPU.
void add_images(const std::string& configuration) {
  add("images_train/metaworld/64", configuration, [=](auto& state, auto& be) {
    train_with_images(state, be, configuration, unets().back(), "meta_world", 64);
  });
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
  const std::vector<std::string> usable = usable_backends();
  if (std::find(usable.begin(), usable.end(), "cuda") != usable.end()) {
    for (const char* configuration : {"cuda_f32", "cuda_tf32", "cuda_bf16"}) {
      add_all(configuration);
      add_images(configuration);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
