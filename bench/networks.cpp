// The networks of policies: training steps and evaluations of the conditional U-Nets, passes of the
// image encoder, and (on a GPU) training of both together, on every backend and precision that this
// machine has.
//
// Names are train|forward/<network>/<batch>/<backend and precision>,
// encoder_forward|encoder_train/<images>/<...> and images_train/<network>/<batch>/<...>. On a
// backend that records, evaluations are replayed and training steps are single launches;
// forward_plain/<...> are the same evaluations without that. Evaluations and forward passes hold
// their weights. Counters:
// `floor` is the time in seconds that the rates of this machine allow, measured by this program in
// the same precision, or those of an H200 (support/gpu_rates.hpp) on `cuda`: matrix products, every
// tap on every step, plus (training) the optimiser's pass, or (evaluation) the larger of products
// and one pass over the weights; kernels that leave products out stay below it. `share` is floor /
// time; `least`, `p50` and `p99` are seconds of single calls, waiting for their end. Every case is
// compared with eigen<float> before it is timed, outputs or gradients, on as many samples as it
// takes for the kernels of large batches to run.
#include "support/backends.hpp"
#include "support/encoder_runs.hpp"
#include "support/network_floors.hpp"
#include "support/tensors.hpp"
#include "support/unet_runs.hpp"

#include <flowkit/backend/hold.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace flowkit;
using namespace flowkit::bench;

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
/// add up. Those of gradients are amplified where a rounded input of relu changes sign, and by the
/// soft-argmax: 0.15 was seen, a wrong term gives 1.
double rounding(precision math, passes which) {
  const double bf16 = which == passes::forward ? 0.03 : 0.3;
  switch (math) {
    case precision::bf16:
      return bf16;
    case precision::tf32:
      return bf16 / 4;  // three bits more, one of them lost where operands are cut, not rounded
    default:
      return 1e-4;
  }
}

/// Samples and images from which on all kernels of large batches run: tiles on every level of a
/// U-Net and in every stage of the encoder, direct kernels between those.
constexpr index_t compared_samples = 48;
constexpr index_t compared_images = 32;

/// Keeps what a check answered: a case runs several times until its length is found, and the
/// reference backend is slow. One per case; copies share the answer.
class verdict {
 public:
  template <class Check>
  bool once(const Check& check) const {
    if (!*answer_) *answer_ = check();
    return **answer_;
  }

 private:
  std::shared_ptr<std::optional<bool>> answer_ = std::make_shared<std::optional<bool>>();
};

/// The gradients that a first step on `batch` samples would follow. A network of its own, so that
/// no two of them are in memory at a time.
template <class B>
std::vector<float> first_gradients(B& be, const unet1d_options& o, index_t batch) {
  auto run = unet_training(be, o, batch);
  return to_host(be, run.gradients({1}));
}

template <class B>
std::vector<float> first_outputs(B& be, const unet1d_options& o, index_t batch) {
  unet_evaluation run(be, o, batch);
  return to_host(be, run.evaluate());
}

/// Whether the gradients of a first step are those of the reference backend.
template <class B>
bool learns_well(B& be, const unet1d_options& o, index_t batch) {
  eigen<float> reference;
  const std::vector<float> expected = first_gradients(reference, o, batch);
  return distance(first_gradients(be, o, batch), expected) <
         rounding(precision_of(be), passes::both);
}

template <class B>
void train(benchmark::State& state, B& be, const unet_case& one, index_t batch,
           const verdict& right) {
  const index_t samples = std::min(batch, compared_samples);
  if (!right.once([&] { return learns_well(be, one.options, samples); })) {
    return state.SkipWithError("differs from eigen<float>");
  }
  auto run = unet_training(be, one.options, batch);
  const double flop = 3 * one.forward_flop * static_cast<double>(batch);
  time_steps(state, be, run, flop);
}

/// Whether the outputs are those of the reference backend.
template <class B>
bool evaluates_well(B& be, const unet1d_options& o, index_t batch) {
  eigen<float> reference;
  const std::vector<float> expected = first_outputs(reference, o, batch);
  return distance(first_outputs(be, o, batch), expected) <
         rounding(precision_of(be), passes::forward);
}

/// Whether evaluations are replayed where a backend records.
enum class launching { replayed, plain };

template <class B>
void evaluate(benchmark::State& state, B& be, const unet_case& one, index_t batch, launching how,
              const verdict& right) {
  const index_t samples = std::min(batch, compared_samples);
  if (!right.once([&] { return evaluates_well(be, one.options, samples); })) {
    return state.SkipWithError("differs from eigen<float>");
  }
  unet_evaluation run(be, one.options, batch);
  const auto held = hold(be, run.run.store.values());
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
  report_floor(state, evaluation_floor(be, flop, parameters), parameters);
}

/// Gradients of the encoder's first layers, in float, where one input of relu among millions has
/// another sign: 32 images have one, which puts eigen<float> itself 0.00018 from eigen<double> (and
/// onednn 0.000002).
constexpr double flipped_relu = 1e-3;

template <class B>
bool encodes_well(B& be, passes which, index_t images) {
  eigen<float> reference;
  encoder_run expected(reference, images);
  encoder_run found(be, images);
  const double bound = rounding(precision_of(be), which);
  return distance(to_host(be, found.run(which)), to_host(reference, expected.run(which))) <
         (which == passes::both ? std::max(bound, flipped_relu) : bound);
}

template <class B>
void encode(benchmark::State& state, B& be, passes which, index_t images, const verdict& right) {
  const index_t samples = std::min(images, compared_images);
  if (!right.once([&] { return encodes_well(be, which, samples); })) {
    return state.SkipWithError("differs from eigen<float>");
  }
  encoder_run run(be, images);
  std::optional<held_by<B>> held;
  if (which == passes::forward) held.emplace(hold(be, run.store.values()));
  replay<B> again(be);
  const auto pass = [&] { again([&] { run.run(which); }); };
  for (int i = 0; i < warm_up_calls<B>; ++i) pass();
  time_calls(state, be, pass);
  const double flop = encoder_flop(which) * static_cast<double>(images);
  report_floor(state, flop / product_rate(be), static_cast<double>(run.layout.parameter_count()));
}

template <class B>
double first_loss(B& be, const char* preset) {
  images_training run(be, preset, 2);
  run.take_step({1});
  return run.step.loss();
}

template <class B>
void train_with_images(benchmark::State& state, B& be, const unet_case& one, const char* preset,
                       index_t batch) {
  eigen<float> reference;
  const double expected = first_loss(reference, preset);
  if (!(std::abs(first_loss(be, preset) - expected) < 0.02 * expected)) {
    return state.SkipWithError("differs from eigen<float>");
  }
  images_training run(be, preset, batch);
  const double flop =
      static_cast<double>(batch) * (3 * one.forward_flop + 2 * encoder_flop(passes::both));
  time_steps(state, be, run, flop);
}

template <class F>
void add_case(const std::string& name, const configuration& on, const F& f) {
  add(text(name, '/', to_text(on)), on, f)->Unit(benchmark::kMillisecond);
}

void add_all(const configuration& on) {
  for (const unet_case& one : unets()) {
    for (const index_t batch : {1, 64, 256}) {
      add_case(text("train/", one.name, '/', batch), on,
               [&one, batch, right = verdict()](auto& state, auto& be) {
                 train(state, be, one, batch, right);
               });
      add_case(text("forward/", one.name, '/', batch), on,
               [&one, batch, right = verdict()](auto& state, auto& be) {
                 evaluate(state, be, one, batch, launching::replayed, right);
               });
    }
  }
  for (const index_t images : {1, 2, 128}) {
    add_case(text("encoder_forward/", images), on,
             [images, right = verdict()](auto& state, auto& be) {
               encode(state, be, passes::forward, images, right);
             });
    add_case(text("encoder_train/", images), on,
             [images, right = verdict()](auto& state, auto& be) {
               encode(state, be, passes::both, images, right);
             });
  }
}

/// What a launch per kernel costs, where backends record: batches of one robot.
void add_plain(const configuration& on) {
  for (const unet_case& one : unets()) {
    add_case(text("forward_plain/", one.name, "/1"), on,
             [&one, right = verdict()](auto& state, auto& be) {
               evaluate(state, be, one, 1, launching::plain, right);
             });
  }
}

/// A step of the largest network takes minutes on a CPU.
void add_images(const configuration& on) {
  add_case("images_train/metaworld/64", on, [](auto& state, auto& be) {
    train_with_images(state, be, unets().back(), "meta_world", 64);
  });
}

}  // namespace

int main(int argc, char** argv) {
  for (const configuration& on : every_precision()) {
    add_all(on);
    if (on.backend != "cuda") continue;
    add_plain(on);
    add_images(on);
  }
  return run_benchmarks(argc, argv);
}
