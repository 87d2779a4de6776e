#include <flowkit/nn/conv2d.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<conv2d, eigen<float>, 4> && TangentLayer<conv2d, oracle, 4>);

TEST(Conv2d, SlidesItsKernelOverAnImage) {
  parameter_layout layout;
  const conv2d layer(layout, "a", {.inputs = 1, .outputs = 1, .kernel = {2, 2}});
  layer_function f(layout, layer, extents{1, 2, 3, 1});
  const numbers p = parameters_with(layout, {{"a.weight", {1, 10, 100, 1000}}, {"a.bias", {0.5}}});

  const numbers y = f.value(p, {1, 2, 3, 4, 5, 6});

  EXPECT_THAT(y, ElementsAre(5421.5, 6532.5));
}

TEST(Conv2d, PadsWithZerosAndKeepsChannelsTogether) {
  parameter_layout layout;
  const conv2d layer(layout, "a",
                     {.inputs = 2,
                      .outputs = 1,
                      .kernel = {1, 3},
                      .stride = {1, 2},
                      .padding = {0, 1},
                      .bias = bias_term::none});
  layer_function f(layout, layer, extents{1, 1, 3, 2});
  const numbers p = parameters_with(layout, {{"a.weight", {1, 2, 3, 4, 5, 6}}});

  const numbers y = f.value(p, {1, 0, 0, 1, 1, 1});

  EXPECT_EQ(layer.output_shape({1, 1, 3, 2}), (extents{1, 1, 2, 1}));
  EXPECT_THAT(y, ElementsAre(3 + 6, 2 + 3 + 4));
}

TEST(Conv2d, IsDifferentiable) {
  parameter_layout layout;
  const conv2d plain(layout, "plain", {.inputs = 2, .outputs = 3, .kernel = {3, 2}});
  const conv2d strided(layout, "strided",
                       {.inputs = 1,
                        .outputs = 2,
                        .kernel = {3, 3},
                        .stride = {2, 1},
                        .padding = {1, 2},
                        .bias = bias_term::none});
  const conv2d pointwise(layout, "pointwise", {.inputs = 3, .outputs = 1});

  expect_differentiable("conv2d", layout, plain, extents{1, 3, 2, 2});
  expect_differentiable("conv2d", layout, plain, extents{3, 5, 4, 2});
  expect_differentiable("strided conv2d", layout, strided, extents{3, 4, 1, 1});
  expect_differentiable("strided conv2d", layout, strided, extents{1, 7, 5, 1});
  expect_differentiable("1x1 conv2d", layout, pointwise, extents{3, 1, 5, 3});
}

TEST(Conv2d, DrawsWeightsForResidualNetworksByFanOut) {
  parameter_layout layout;
  const conv2d layer(layout, "a",
                     {.inputs = 16,
                      .outputs = 8,
                      .kernel = {3, 3},
                      .bias = bias_term::none,
                      .init = weight_init::normal_fan_out});
  const auto& weight = *layout.find("a.weight");

  EXPECT_EQ(weight.init.draw, initializer::distribution::normal);
  EXPECT_DOUBLE_EQ(weight.init.scale, 1.0 / 6);  // sqrt(2 / (8 * 9))
  EXPECT_EQ(layout.find("a.bias"), nullptr);
}

TEST(Conv2d, DrawsWeightsAndBiasByFanIn) {
  parameter_layout layout;
  const conv2d layer(layout, "a", {.inputs = 4, .outputs = 8, .kernel = {3, 3}});

  EXPECT_DOUBLE_EQ(layout.find("a.weight")->init.scale, 1.0 / 6);  // 1 / sqrt(4 * 9)
  EXPECT_DOUBLE_EQ(layout.find("a.bias")->init.scale, 1.0 / 6);
}

TEST(Conv2d, RefusesSizesThatAreNotPositive) {
  parameter_layout layout;
  const auto build = [&] { conv2d(layout, "a", {.inputs = 0, .outputs = 8}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("convolution 'a' from 0 to 8"));
}

TEST(Conv2d, RefusesWindowsThatDoNotExist) {
  parameter_layout layout;
  const auto kernel = [&] { conv2d(layout, "a", {.inputs = 1, .outputs = 1, .kernel = {0, 1}}); };
  const auto stride = [&] { conv2d(layout, "a", {.inputs = 1, .outputs = 1, .stride = {1, 0}}); };
  const auto padding = [&] {
    conv2d(layout, "a", {.inputs = 1, .outputs = 1, .padding = {-1, 0}});
  };

  EXPECT_THAT(message_of<invalid_input>(kernel), HasSubstr("kernel [0, 1]"));
  EXPECT_THAT(message_of<invalid_input>(stride), HasSubstr("stride [1, 0]"));
  EXPECT_THAT(message_of<invalid_input>(padding), HasSubstr("padding [-1, 0]"));
}

TEST(Conv2d, RefusesWindowsWhoseSizeCannotBeCounted) {
  parameter_layout layout;
  constexpr index_t huge = index_t{1} << 32;
  const auto kernel = [&] {
    conv2d(layout, "a", {.inputs = 1, .outputs = 1, .kernel = {huge, 1}});
  };
  const auto window = [&] {
    conv2d(layout, "a", {.inputs = huge, .outputs = 1, .kernel = {huge / 4, huge / 4}});
  };
  const auto padding = [&] {
    conv2d(layout, "a", {.inputs = 1, .outputs = 1, .padding = {0, huge}});
  };

  EXPECT_THAT(message_of<invalid_input>(kernel), HasSubstr("none may reach 2^31"));
  EXPECT_THAT(message_of<invalid_input>(window),
              HasSubstr("shape [1073741824, 1073741824, 4294967296, 1]"));
  EXPECT_THAT(message_of<invalid_input>(padding), HasSubstr("none may reach 2^31"));
}

TEST(Conv2d, RefusesImagesSmallerThanTheKernel) {
  parameter_layout layout;
  const conv2d layer(layout, "a", {.inputs = 1, .outputs = 1, .kernel = {3, 5}, .padding = {0, 1}});
  const auto fits = [&] { return layer.output_shape({1, 3, 3, 1}); };
  const auto fails = [&] { (void)layer.output_shape({1, 3, 2, 1}); };

  EXPECT_EQ(fits(), (extents{1, 1, 1, 1}));
  EXPECT_THAT(message_of<invalid_input>(fails), HasSubstr("input of shape [1, 3, 2, 1]"));
}

TEST(Conv2d, RefusesOtherChannels) {
  parameter_layout layout;
  const conv2d layer(layout, "a", {.inputs = 2, .outputs = 1});
  const auto run = [&] { (void)layer.output_shape({1, 3, 2, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("built for 2 channels"));
}

}  // namespace
}  // namespace flowkit::testing
