#include <flowkit/objective/distillation.hpp>
#include <flowkit/policy/matching.hpp>

#include "policy/example_policy.hpp"
#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::policy {
namespace {

using namespace flowkit::testing;
using testing::example_spec;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <class T>
using batch_of = visuomotor_batch<eigen<T>>;
static_assert(Objective<visuomotor_matching<>, eigen<float>, batch_of<float>>);

network_options smallest() {
  return {.dims = {8, 8},
          .time_embedding = 4,
          .kernel = 3,
          .groups = 4,
          .encoder = {.widths = {4, 4}, .group_channels = 2, .keypoints = 3, .features = 5}};
}

/// The encoder as a layer of two inputs: states and the images of the only camera.
struct encoder_layer {
  template <class B>
  using saved = saved_of<observation_encoder, B>;
  template <class B>
  struct gradient {
    view_of<B, 2> state;
    const_view_of<B, 4> images;
  };

  const observation_encoder* encoder;

  template <class B>
  static observation_batch<B> batch(const_view_of<B, 2> state, const_view_of<B, 4> images) {
    observation_batch<B> out;
    out.state = states<normalized, const typename B::value_type>(state);
    out.images[0] = images;
    return out;
  }
  template <class B>
  auto forward(B& be, const parameters<B>& p, const_view_of<B, 2> state, const_view_of<B, 4> images,
               workspace<B>& ws, saved<B>& s) const {
    return encoder->forward(be, p, batch<B>(state, images), ws, s);
  }
  template <class B>
  void backward_parameters(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 2> dc,
                           workspace<B>& ws) const {
    encoder->backward_parameters(be, p, s, dc, ws);
  }
  template <class B>
  gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 2> dc,
                       workspace<B>& ws) const {
    const auto g = encoder->backward(be, p, s, dc, ws);
    return {g.state, g.images[0]};
  }
  template <class B>
  auto jvp(B& be, const parameters<B>& p, const_view_of<B, 2> state, const_view_of<B, 4> images,
           const_view_of<B, 2> dstate, const_view_of<B, 4> dimages, workspace<B>& ws) const {
    return encoder->jvp(be, p, batch<B>(state, images), batch<B>(dstate, dimages), ws);
  }
};

TEST(observation_encoder, satisfies_the_laws_of_layers) {
  const spec s = example_spec(true);
  parameter_layout layout;
  const observation_encoder encoder(layout, "encoder", s, smallest().encoder);

  expect_differentiable(
      "encoder", layout, encoder_layer{&encoder}, extents{2, s.history_size()},
      extents{2 * s.observe, s.cameras[0].crop_height, s.cameras[0].crop_width, index_t{3}});
}

TEST(observation_encoder, of_states_is_the_state_and_has_no_parameters) {
  const spec s = example_spec();
  parameter_layout layout;
  const observation_encoder encoder(layout, "encoder", s, smallest().encoder);
  eigen<float> be;
  const parameter_store<eigen<float>> store(be, layout, rng_key{1});
  workspace<eigen<float>> ws(be);
  saved_of<observation_encoder, eigen<float>> saved;
  testing::matrix<float> x = testing::random_matrix(3, s.history_size(), 1);
  observation_batch<eigen<float>> batch;
  batch.state = states<normalized, const float>(x.view_of());

  const auto c = encoder.forward(be, store.view_with({}), batch, ws, saved);

  EXPECT_EQ(layout.entries().size(), 0U);
  EXPECT_EQ(std::vector<float>(c.data(), c.data() + c.size()), x.values);
}

TEST(observation_encoder, puts_camera_features_before_the_raw_state) {
  const spec s = example_spec(true);
  parameter_layout layout;
  const observation_encoder encoder(layout, "encoder", s, smallest().encoder);
  eigen<float> be;
  parameter_store<eigen<float>> store(be, layout, rng_key{1});
  workspace<eigen<float>> ws(be);
  saved_of<observation_encoder, eigen<float>> saved;
  testing::matrix<float> x = testing::random_matrix(1, s.history_size(), 1);
  testing::matrix<float> pixels = testing::random_matrix(2, 16 * 18 * 3, 2);
  observation_batch<eigen<float>> batch;
  batch.state = states<normalized, const float>(x.view_of());
  batch.images[0] = view<const float, 4, host_space>(pixels.values.data(), {2, 16, 18, 3});

  const auto c = encoder.forward(be, store.view(), batch, ws, saved);

  ASSERT_EQ(encoder.features_per_frame(), 5 + 3);
  for (index_t frame = 0; frame < 2; ++frame) {
    for (index_t d = 0; d < 3; ++d) EXPECT_EQ(c(0, frame * 8 + 5 + d), x(0, frame * 3 + d));
  }
  batch.images[0] = view<const float, 4, host_space>(pixels.values.data(), {2, 18, 16, 3});
  EXPECT_THAT(
      message_of<invalid_input>([&] { (void)encoder.forward(be, store.view(), batch, ws, saved); }),
      HasSubstr("camera 'front' gave images [2, 18, 16, 3]"));
}

TEST(visuomotor_field, keeps_the_velocity_as_a_layout_of_its_own) {
  const visuomotor_field field(example_spec(true), smallest());
  const auto& all = field.layout().entries();
  const auto& own = field.velocity_layout().entries();
  const std::size_t first = all.size() - own.size();

  ASSERT_GT(first, 0U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_THAT(all[i].name, StartsWith(i < first ? "encoder.front." : "velocity."));
  }
  const index_t shift = field.layout().size() - field.velocity_layout().size();
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_EQ(all[first + i].name, own[i].name);
    EXPECT_EQ(all[first + i].offset, own[i].offset + shift);
  }
}

/// A batch of windows with one camera.
template <class B>
struct window_batch {
  using T = typename B::value_type;
  numbers x1;
  numbers state;
  numbers pixels;

  explicit window_batch(const spec& s, index_t n)
      : x1(normal_numbers(n * s.chunk_size(), 1)),
        state(normal_numbers(n * s.history_size(), 2)),
        pixels(normal_numbers(n * s.observe * 16 * 18 * 3, 3)) {}

  visuomotor_batch<B> view_of(const spec& s, index_t n) const {
    visuomotor_batch<B> out;
    out.x1 =
        chunks<normalized, const T>(view<const T, 2, host_space>(x1.data(), {n, s.chunk_size()}));
    out.observations.state = states<normalized, const T>(
        view<const T, 2, host_space>(state.data(), {n, s.history_size()}));
    out.observations.images[0] = {pixels.data(), extents<4>{n * s.observe, 16, 18, 3}};
    return out;
  }
};

// The gradient of the loss reaches every parameter, those of the encoder included. Central
// differences in double with h = 1e-6: truncation 1e-12 and rounding 1e-10 of the loss.
TEST(visuomotor_matching, has_the_gradient_of_its_value_in_encoder_and_velocity) {
  const spec s = example_spec(true);
  const visuomotor_field field(s, smallest());
  visuomotor_matching<> objective(field);
  eigen<double> be;
  parameter_store<oracle> store(be, field.layout(), rng_key{1});
  const numbers at = random_parameters(field.layout(), 3);
  workspace<oracle> ws(be);
  const window_batch<oracle> windows(s, 3);
  const rng_key key{9, 0};
  const auto loss = [&](const numbers& values) {
    be.upload(store.values(), std::span<const double>(values));
    ws.rewind();
    const auto value = objective(be, store.view(), windows.view_of(s, 3), key, ws);
    return numbers{*value.data()};
  };

  be.fill(store.gradients(), 0.0);
  (void)loss(at);
  numbers gradient;
  append(gradient, store.gradients());

  for (const char* name : {"encoder.front.trunk.stem.conv", "encoder.front.features",
                           "velocity.output", "velocity.middle"}) {
    numbers direction(at.size(), 0.0);
    index_t touched = 0;
    for (const auto& e : field.layout().entries()) {
      if (!e.name.starts_with(name)) continue;
      ++touched;
      const numbers drawn = normal_numbers(e.size(), 40);
      std::copy(drawn.begin(), drawn.end(), direction.begin() + e.offset);
    }
    ASSERT_GT(touched, 0) << name;
    const double expected = central_difference(loss, at, direction)[0];
    EXPECT_NE(expected, 0) << name;
    EXPECT_NEAR(dot(direction, gradient), expected, 1e-6 * (1 + std::abs(expected))) << name;
  }
}

// On stored conditions only the U-Net trains: same loss as end to end, encoder untouched.
TEST(visuomotor_field, trains_on_stored_conditions_as_end_to_end) {
  const spec s = example_spec(true);
  const visuomotor_field field(s, smallest());
  eigen<double> be;
  parameter_store<oracle> store(be, field.layout(), rng_key{1});
  parameter_store<oracle> student(be, field.velocity_layout(), rng_key{2});
  be.copy(student.values(), const_view_of<oracle, 1>(field.velocity_part(store.values())));
  workspace<oracle> ws(be);
  const window_batch<oracle> windows(s, 2);
  saved_of<observation_encoder, oracle> encoded;
  const const_view_of<oracle, 2> c =
      field.encoder().forward(be, store.view(), windows.view_of(s, 2).observations, ws, encoded);

  visuomotor_matching<> end_to_end(field);
  const double whole = *end_to_end(be, store.view(), windows.view_of(s, 2), {7, 0}, ws).data();
  flow_matching<unet1d> stored(field.velocity_alone());
  const training_batch<oracle> batch{.x1 = windows.view_of(s, 2).x1.numbers(), .condition = c};
  const double alone = *stored(be, student.view(), batch, {7, 0}, ws).data();

  EXPECT_EQ(whole, alone);
  numbers a;
  numbers b;
  append(a, field.velocity_part(store.gradients()));
  append(b, student.gradients());
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace flowkit::policy
