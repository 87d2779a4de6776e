// Passes of the image encoder, alone and trained with a U-Net.
#pragma once

#include "support/unet_runs.hpp"

#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/policy/matching.hpp>

#include <cmath>
#include <utility>

namespace flowkit::bench {

enum class passes { forward, both };

/// Multiplications and additions of the encoder's convolutions for one 84 x 84 image: the stem on
/// 42 x 42, then four stages from 21 x 21 on, and the keypoint maps. The backward pass has two
/// products for each of these, but none for the gradient of the image.
inline double encoder_flop(passes which) {
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

}  // namespace flowkit::bench
