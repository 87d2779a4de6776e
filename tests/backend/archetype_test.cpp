// Algorithms on the archetypes of the backend concepts: they ask for no more than the concept that
// they name, look into no memory that is not the host's, and leave the bits that they leave on the
// oracle.
#include <support/archetype.hpp>

#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/identity.hpp>
#include <flowkit/align/nearest.hpp>
#include <flowkit/align/rectify.hpp>
#include <flowkit/align/selective.hpp>
#include <flowkit/backend/neighbours.hpp>
#include <flowkit/backend/recording.hpp>
#include <flowkit/coupling/entropic_ot.hpp>
#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/distillation.hpp>
#include <flowkit/solver/likelihood.hpp>
#include <flowkit/train/dataset_source.hpp>
#include <flowkit/train/trainer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <support/files.hpp>

namespace flowkit {
namespace {

using testing::backend_archetype;
using testing::neural_archetype;
using testing::search_archetype;
using numbers = std::vector<double>;

static_assert(Backend<backend_archetype>);
static_assert(!Convolution<backend_archetype> && !Normalization<backend_archetype>);
static_assert(!Softmax<backend_archetype> && !Pooling<backend_archetype>);
static_assert(!Search<backend_archetype> && !RecordingBackend<backend_archetype>);
static_assert(NeuralBackend<neural_archetype> && !Search<neural_archetype>);
static_assert(SearchBackend<search_archetype> && !NeuralBackend<search_archetype>);
static_assert(!std::copyable<backend_archetype> && !std::movable<backend_archetype>);
static_assert(!std::default_initializable<backend_archetype>);

/// Appends the numbers of a dense view.
template <class B, std::size_t R>
void append(numbers& out, B& be, const const_view_of<B, R>& v) {
  const std::size_t first = out.size();
  out.resize(first + static_cast<std::size_t>(v.size()));
  be.download(std::span(out).subspan(first), flatten(v));
}

/// Samples [n, d] and conditions [n, c] that depend on the key alone.
template <class B>
struct samples {
  samples(B& be, index_t n, index_t d, index_t c, rng_key key)
      : x(draw_normal(be, {n, d}, key.split(0))),
        noise(draw_normal(be, {n, d}, key.split(1))),
        condition(draw_normal(be, {n, c}, key.split(2))) {}

  [[nodiscard]] training_batch<B> batch() const {
    return {.x1 = x.view(), .x0 = noise.view(), .condition = condition.view()};
  }

  tensor<B, 2> x;
  tensor<B, 2> noise;
  tensor<B, 2> condition;
};

/// A perceptron field with a condition of 3 numbers, and the tensors to train it.
template <class B, class O>
struct perceptron_run {
  perceptron_run(B& backend, double clip_norm)
      : be(backend), options{.learning_rate = constant_rate{1e-2}, .clip_norm = clip_norm} {}

  B& be;
  train_step_options options;
  parameter_layout layout;
  mlp_field<> net{layout, "net", {.dimension = 2, .condition = 3, .hidden = 16}};
  O objective{net};
  parameter_store<B> store{be, layout, {1}};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, O, adamw<B>> step{be, objective, store, optimizer, average, options};
};

/// Trains over epochs with a checkpoint and goes on from it.
template <class B>
numbers trained(B& be) {
  using objective = flow_matching<mlp_field<>, linear_path, minibatch_ot<double>>;
  const testing::temporary_directory folder;
  const samples data(be, 10, 2, 3, {2});
  numbers out;
  for (const index_t steps : {3, 6}) {
    perceptron_run<B, objective> run(be, 0.5);
    dataset_source<B> source(be, data.batch(), 4);
    trainer loop(be, run.layout, run.step, source, rng_key{3},
                 {.steps = steps, .checkpoint = folder / "run.safetensors"});
    EXPECT_EQ(loop.resume(), steps == 6);
    loop.run();
    for (const named_values<B>& part : run.step.state()) {
      append<B, 1>(out, be, part.values);
    }
  }
  return out;
}

/// Learns from stored pairs.
template <class B>
numbers distilled(B& be) {
  const samples data(be, 8, 2, 3, {4});
  perceptron_run<B, distillation<mlp_field<>>> run(be, std::numeric_limits<double>::infinity());
  numbers out;
  for (std::uint64_t i = 0; i < 3; ++i) append(out, be, run.step(data.batch(), {i}));
  return out;
}

/// Noise paired by plans of transport that are softened.
template <class B>
numbers paired(B& be) {
  samples data(be, 12, 2, 0, {5});
  workspace<B> ws(be);
  entropic_ot<double> coupling;
  coupling.draw(be, {data.noise.view(), data.x.view(), data.condition.view()}, {6}, ws);
  numbers out;
  append<B, 2>(out, be, data.noise.view());
  return out;
}

/// A conditional network followed over a grid and with step control, with and without a watcher.
template <class B>
numbers integrated(B& be) {
  parameter_layout layout;
  const mlp_field<> net(layout, "net", {.dimension = 2, .condition = 3, .hidden = 16});
  parameter_store<B> store(be, layout, {1});
  samples data(be, 9, 2, 3, {7});
  workspace<B> ws(be);
  conditioned field(be, network_field(net, store.view(), ws), std::as_const(data.condition).view());
  integration_result result;
  numbers out;

  const generated_pairs<B> pairs =
      rectify(be, rk4{}, field, data.x.shape(), sampler_grid(3), {8}, ws);
  append<B, 2>(out, be, pairs.x1.view());

  const std::vector<double> times{0.25, 0.5};
  tensor<B, 3> states(be, {2, 9, 2});
  integrate(be, dormand_prince{}, field, data.x.view(), {}, {}, ws, result,
            save_at<B>{times, states.view()});
  append<B, 3>(out, be, states.view());
  integrate(be, tsitouras{}, field, data.x.view(), {.start = 1, .end = 0}, {}, ws, result);
  append<B, 2>(out, be, data.x.view());

  tensor<B, 1> density(be, {9});
  hutchinson<B> probes(be, data.x.shape(), {9});
  log_likelihood(be, heun{}, field, probes, data.x.view(), uniform_grid(1, 0, 4), density.view(),
                 ws);
  append<B, 1>(out, be, density.view());
  log_likelihood(be, dormand_prince{}, field, exact_divergence{}, data.x.view(), {}, density.view(),
                 ws, result);
  append<B, 1>(out, be, density.view());
  return out;
}

/// Two steps of training of the U-Net, and its tangent.
template <class B>
numbers unet_trained(B& be) {
  parameter_layout layout;
  unet1d net(layout, "net",
             {.channels = 3, .condition = 5, .time_embedding = 16, .dims = {16, 32}});
  parameter_store<B> store(be, layout, {1});
  adamw<B> optimizer(be, layout);
  flow_matching objective(net);
  train_step<B, decltype(objective), adamw<B>> step(be, objective, store, optimizer);
  const samples data(be, 4, 8 * 3, 5, {2});
  numbers out;
  for (std::uint64_t i = 0; i < 2; ++i) append(out, be, step(data.batch(), {i}));
  append<B, 1>(out, be, store.values());

  workspace<B> ws(be);
  tensor<B, 2> time(be, {4, 1});
  be.uniform(time.view(), {3});
  const field_input<B> in{data.x.view(), std::as_const(time).view(), data.condition.view()};
  const auto tangent = net.jvp(be, store.view(), in, in, ws);
  append<B, 2>(out, be, tangent.dy);
  return out;
}

/// The passes of the image encoder.
template <class B>
numbers encoded(B& be) {
  parameter_layout layout;
  const keypoint_encoder net(layout, "net",
                             {.height = 20, .width = 24, .trunk = {.widths = {16, 32}}});
  parameter_store<B> store(be, layout, {1});
  workspace<B> ws(be);
  saved_of<keypoint_encoder, B> saved;
  tensor<B, 4> images(be, {2, 20, 24, 3});
  be.normal(images.view(), {2});
  const const_view_of<B, 4> x = images.view();
  numbers out;
  const view_of<B, 2> features = net.forward(be, store.view(), x, ws, saved);
  append<B, 2>(out, be, features);
  append<B, 4>(out, be, net.backward(be, store.view(), saved, const_view_of<B, 2>(features), ws));
  append<B, 1>(out, be, store.gradients());
  append<B, 2>(out, be, net.jvp(be, store.view(), x, x, ws).dy);
  return out;
}

/// Every alignment of pairs that are near experts.
template <class B>
numbers aligned(B& be) {
  const samples experts(be, 40, 4 * 3, 5, {2});
  samples pairs(be, 40, 4 * 3, 5, {3});
  be.for_each(fn::scaled<double>{0.1}, pairs.x.view(), std::as_const(pairs.x).view());
  be.for_each(fn::add_to{}, pairs.x.view(), experts.x.view());
  tensor<B, 1, row_t> window(be, {40});
  std::vector<row_t> own(40);
  std::iota(own.begin(), own.end(), 0);
  be.upload(window.view(), std::span<const row_t>(own));
  workspace<B> ws(be);
  tensor<B, 2> target(be, pairs.x.shape());
  numbers out;
  const auto align = [&](const auto& alignment) {
    const alignment_report report = alignment(
        be,
        coupling_view<B>{pairs.noise.view(), pairs.x.view(), experts.condition.view(),
                         window.view()},
        expert_index<B>{experts.x.view(), experts.condition.view(), 4}, target.view(), ws);
    out.push_back(static_cast<double>(report.replaced));
    append<B, 2>(out, be, target.view());
    return report.replaced;
  };
  EXPECT_EQ(align(identity_alignment{}), 0);
  EXPECT_EQ(align(nearest_alignment{}), 40);
  EXPECT_GT(align(selective_alignment{.action_radius = 0.4, .feature_radius = 1}), 0);
  EXPECT_GT(
      align(selective_alignment{.action_radius = 0.4, .search = alignment_search::own_window}), 0);
  EXPECT_GT(align(adaptive_alignment{}), 0);
  EXPECT_GT(align(adaptive_alignment{.move = alignment_move::pull}), 0);
  return out;
}

template <class Archetype>
void expect_bits_of_the_oracle(numbers (*on_archetype)(Archetype&),
                               numbers (*on_oracle)(eigen<double>&)) {
  Archetype archetype(0);
  eigen<double> oracle({.threads = 1});

  const numbers found = on_archetype(archetype);

  EXPECT_FALSE(found.empty());
  EXPECT_THAT(found, ::testing::Each(::testing::Truly([](double x) { return std::isfinite(x); })));
  EXPECT_EQ(found, on_oracle(oracle));
}

TEST(backend_archetype, trains_and_resumes) {
  expect_bits_of_the_oracle<backend_archetype>(trained, trained);
}

TEST(backend_archetype, distils) {
  expect_bits_of_the_oracle<backend_archetype>(distilled, distilled);
}

TEST(backend_archetype, pairs_noise_and_data) {
  expect_bits_of_the_oracle<backend_archetype>(paired, paired);
}

TEST(backend_archetype, integrates_and_measures_density) {
  expect_bits_of_the_oracle<backend_archetype>(integrated, integrated);
}

TEST(neural_archetype, trains_a_unet) {
  expect_bits_of_the_oracle<neural_archetype>(unet_trained, unet_trained);
}

TEST(neural_archetype, encodes_images) {
  expect_bits_of_the_oracle<neural_archetype>(encoded, encoded);
}

TEST(search_archetype, aligns) { expect_bits_of_the_oracle<search_archetype>(aligned, aligned); }

}  // namespace
}  // namespace flowkit
