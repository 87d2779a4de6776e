#include <flowkit/nn/keypoint_encoder.hpp>

#include <flowkit/nn/import_names.hpp>
#include <support/allocation.hpp>
#include <support/backends.hpp>
#include <support/golden.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

static_assert(TangentLayer<keypoint_encoder, eigen<float>, 4>);
static_assert(TangentLayer<keypoint_encoder, eigen<double>, 4>);

/// [n, c, h, w], the order of the reference, to [n, h, w, c].
numbers channels_last(const numbers& from, const extents<4>& shape) {
  const index_t pixels = shape[1] * shape[2];
  const index_t channels = shape[3];
  numbers to(from.size());
  for (index_t i = 0; i < static_cast<index_t>(to.size()); ++i) {
    const index_t channel = i % channels;
    const index_t pixel = i / channels % pixels;
    const index_t sample = i / (channels * pixels);
    to[static_cast<std::size_t>(i)] =
        from[static_cast<std::size_t>((sample * channels + channel) * pixels + pixel)];
  }
  return to;
}

keypoint_encoder_options golden_options() {
  return {.height = 84, .width = 84, .trunk = {.widths = {16, 32, 48, 64}}};
}

template <class B>
class GoldenEncoder : public ::testing::Test {
 protected:
  using value_type = typename B::value_type;

  GoldenEncoder() {
    const safetensors_file file(golden("encoder.safetensors"));
    std::vector<value_type> flat(static_cast<std::size_t>(layout.size()));
    import_parameters<value_type>(file, keys, layout, flat);
    be.upload(store.values(), std::span<const value_type>(flat));

    const numbers pixels = channels_last(io.values("image"), image.shape());
    const std::vector<value_type> narrowed(pixels.begin(), pixels.end());
    be.upload(flatten(image.view()), std::span<const value_type>(narrowed));
  }

  B be;
  parameter_layout layout;
  keypoint_encoder net{layout, "net", golden_options()};
  import_map keys = visual_core_keys(golden_options(), {"", "net"});
  parameter_store<B> store{be, layout, rng_key{1}};
  workspace<B> ws{be};
  saved_of<keypoint_encoder, B> saved;
  golden_arrays io{"encoder_io.npz"};
  tensor<B, 4> image{be, {2, 84, 84, 3}};
};
TYPED_TEST_SUITE(GoldenEncoder, network_backends);

TYPED_TEST(GoldenEncoder, HasTheParametersOfTheReference) {
  EXPECT_EQ(this->layout.parameter_count(), 271056);
}

TYPED_TEST(GoldenEncoder, ComputesEveryStage) {
  using T = typename TypeParam::value_type;
  const auto p = this->store.view();
  const auto run = [&]<std::size_t I>(std::integral_constant<std::size_t, I>, const auto& x) {
    return this->net.template layer<I>().forward(this->be, p, x, this->ws,
                                                 std::get<I>(this->saved));
  };

  const auto trunk = run(std::integral_constant<std::size_t, 0>{}, this->image.view());
  const auto maps = run(std::integral_constant<std::size_t, 1>{}, trunk);
  const auto keypoints = run(std::integral_constant<std::size_t, 2>{}, maps);
  const auto linear = run(std::integral_constant<std::size_t, 3>{}, keypoints);

  // The trunk is stored as the float library computed it, the others in double.
  EXPECT_LE(relative_difference(trunk, channels_last(this->io.values("trunk"), trunk.shape())),
            1e-5);
  EXPECT_LE(relative_difference(keypoints, this->io.values("keypoints64")),
            tolerance<T>(1e-4, 1e-13));
  EXPECT_LE(relative_difference(linear, this->io.values("linear64")), tolerance<T>(1e-4, 1e-13));
}

TYPED_TEST(GoldenEncoder, ComputesFeaturesAndAllGradients) {
  using T = typename TypeParam::value_type;
  const safetensors_file file(golden("encoder_grads.safetensors"));
  numbers expected(static_cast<std::size_t>(this->layout.size()));
  import_parameters<double>(file, this->keys, this->layout, expected);
  const auto w = this->io.on(this->be, "w", extents{2, 64});

  const auto y =
      this->net.forward(this->be, this->store.view(), this->image.view(), this->ws, this->saved);
  const auto dx = this->net.backward(this->be, this->store.view(), this->saved, w.view(), this->ws);

  EXPECT_LE(relative_difference(y, this->io.values("features64")), tolerance<T>(1e-4, 1e-13));
  // Gradients are computed in double and stored in float: 2^-24 = 6e-8 of an element.
  EXPECT_LE(relative_difference(dx, channels_last(this->io.values("grad_image"), dx.shape())),
            tolerance<T>(1e-3, 1e-7));
  expect_close_tensors(this->layout, this->store.gradients(), expected, tolerance<T>(5e-4, 1e-7),
                       tolerance<T>(1e-6, 1e-11));
}

template <class B>
class AllocationOfEncoder : public GoldenEncoder<B> {};
TYPED_TEST_SUITE(AllocationOfEncoder, own_backends);

TYPED_TEST(AllocationOfEncoder, IsNoneAfterWarmUp) {
  const auto step = [&] {
    this->ws.rewind();
    const auto y =
        this->net.forward(this->be, this->store.view(), this->image.view(), this->ws, this->saved);
    this->net.backward(this->be, this->store.view(), this->saved, y, this->ws);
  };
  // The arena grows in the first pass and becomes one block in the second.
  for (int warm_up = 0; warm_up < 2; ++warm_up) step();

  const allocation_counter counter;
  step();

  EXPECT_EQ(counter.count(), 0);
}

// Relu and pooling have kinks, at which central differences fail; the seeds of the check keep away
// from them by more than its step of 1e-6.
TEST(KeypointEncoder, IsDifferentiable) {
  parameter_layout layout;
  const keypoint_encoder net(layout, "net",
                             {.height = 17,
                              .width = 19,
                              .trunk = {.channels = 2, .widths = {4, 6}, .group_channels = 2},
                              .keypoints = 3,
                              .features = 5});

  expect_differentiable("two stages", layout, net, extents{2, 17, 19, 2});
}

TEST(KeypointEncoder, ExplainsMissingSizes) {
  parameter_layout layout;

  const std::string message =
      message_of<invalid_input>([&] { keypoint_encoder(layout, "net", {.height = 84}); });

  EXPECT_THAT(message, HasSubstr("height 84 and width 0"));
}

TEST(KeypointEncoder, ExplainsImagesOfAnotherSize) {
  eigen<double> be;
  parameter_layout layout;
  const keypoint_encoder net(
      layout, "net", {.height = 40, .width = 40, .trunk = {.widths = {4}, .group_channels = 2}});
  parameter_store<eigen<double>> store(be, layout, rng_key{1});
  workspace<eigen<double>> ws(be);
  saved_of<keypoint_encoder, eigen<double>> saved;
  const tensor<eigen<double>, 4> image(be, {1, 32, 40, 3});

  const std::string message =
      message_of<invalid_input>([&] { net.forward(be, store.view(), image.view(), ws, saved); });

  EXPECT_THAT(message, HasSubstr("spatial soft-argmax got an input of shape [1, 8, 10, 32]"));
}

}  // namespace
}  // namespace flowkit
