// The networks of policies: training steps and evaluations of the conditional U-Nets, passes of the
// image encoder, and (on a GPU) training of both together, on every backend and precision that this
// machine has.
//
// Names are train|forward/<network>/<batch>/<backend and precision>,
// encoder_forward|encoder_train/<images>/<...> and images_train/<network>/<batch>/<...>. On a
// backend that records, evaluations are replayed and training steps are single launches;
// forward_plain/<...> are the same evaluations without that. Counters:
// `floor` is the time in seconds that the rates of this machine allow, measured by this program in
// the same precision, or those of an H200 (support/gpu_rates.hpp) on `cuda`: matrix products plus
// (training) the optimiser's pass, or (evaluation) the larger of products and one pass over the
// weights. `share` is floor / time; `p50` and `p99` are seconds of single calls, waiting for their
// end. Every case is compared with eigen<float> before it is timed: first losses (of the small
// network alone on a CPU), outputs, and the encoder's gradients, on small batches.
#include "support/encoder_runs.hpp"
#include "support/network_floors.hpp"
#include "support/unet_runs.hpp"

#include <flowkit/backends/select.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace flowkit;
using namespace flowkit::bench;

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

/// The loss of a first step on the reference backend.
double first_loss(const unet1d_options& o) {
  eigen<float> be;
  auto run = unet_training(be, o, 4);
  run.take_step({1});
  return run.step.loss();
}

template <class B>
void train(benchmark::State& state, B& be, const std::string& configuration, const unet_case& one,
           index_t batch) {
  // The reference is slow, and sizes share their code; products of a GPU are chosen by their size.
  if (on_gpu<B> || one.options.dims.back() <= 256) {
    auto run = unet_training(be, one.options, 4);
    run.take_step({1});
    const double expected = first_loss(one.options);
    if (!(std::abs(run.step.loss() - expected) < 0.02 * expected)) {
      return state.SkipWithError("differs from eigen<float>");
    }
  }
  auto run = unet_training(be, one.options, batch);
  const double flop = 3 * one.forward_flop * static_cast<double>(batch);
  time_steps(state, be, configuration, run, flop);
}

/// Whether the outputs are those of the reference backend.
template <class B>
bool evaluates_well(B& be, const std::string& configuration, const unet1d_options& o) {
  eigen<float> reference;
  unet_evaluation expected(reference, o, 2);
  unet_evaluation found(be, o, 2);
  return distance(to_host(be, found.evaluate()), to_host(reference, expected.evaluate())) <
         rounding(configuration, passes::forward);
}

/// Whether evaluations are replayed where a backend records.
enum class launching { replayed, plain };

template <class B>
void evaluate(benchmark::State& state, B& be, const std::string& configuration,
              const unet_case& one, index_t batch, launching how) {
  if (!evaluates_well(be, configuration, one.options)) {
    return state.SkipWithError("differs from eigen<float>");
  }
  unet_evaluation run(be, one.options, batch);
  replay<B> again(be);
  const auto evaluate_once = [&] {
    if (how == launching::plain) {
      run.evaluate();
    } else {
      again([&] { run.evaluate(); });
    }
  };
  for (int i = 0; i < warm_up_calls<B>; ++i) evaluate_once();
  time_calls(state, be, evaluate_once);
  const auto parameters = static_cast<double>(run.run.layout.parameter_count());
  const double flop = one.forward_flop * static_cast<double>(batch);
  report_floor(state, evaluation_floor(be, configuration, flop, parameters), parameters);
}

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
  time_calls(state, be, pass);
  const double flop = encoder_flop(which) * static_cast<double>(images);
  report_floor(state, flop / product_rate(be, configuration),
               static_cast<double>(run.layout.parameter_count()));
}

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
      add(text("forward/", one.name, '/', batch), configuration, [=, &one](auto& state, auto& be) {
        evaluate(state, be, configuration, one, batch, launching::replayed);
      });
    }
  }
  for (const index_t images : {1, 2, 128}) {
    add(text("encoder_forward/", images), configuration,
        [=](auto& state, auto& be) { encode(state, be, configuration, passes::forward, images); });
    add(text("encoder_train/", images), configuration,
        [=](auto& state, auto& be) { encode(state, be, configuration, passes::both, images); });
  }
}

/// What a launch per kernel costs, where backends record: batches of one robot.
void add_plain(const std::string& configuration) {
  for (const unet_case& one : unets()) {
    add(text("forward_plain/", one.name, "/1"), configuration, [=, &one](auto& state, auto& be) {
      evaluate(state, be, configuration, one, 1, launching::plain);
    });
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
      add_plain(configuration);
      add_images(configuration);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
