#include <flowkit/nn/mlp.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<mlp<>, eigen<float>, 2> && TangentLayer<mlp<fn::tanh>, oracle, 3>);

TEST(Mlp, AlternatesAffineLayersAndActivations) {
  parameter_layout layout;
  const mlp<fn::relu> net(layout, "net", {.inputs = 1, .hidden = 2, .depth = 2, .outputs = 1});
  layer_function f(layout, net, extents{2, 1});
  const numbers p = parameters_with(
      layout, {{"net.0.weight", {1, -1}}, {"net.2.weight", {10, 100}}, {"net.2.bias", {0.5}}});

  const numbers y = f.value(p, {2, -3});

  EXPECT_THAT(y, ElementsAre(20.5, 300.5));
}

TEST(Mlp, IsDifferentiable) {
  parameter_layout layout;
  const mlp deep(layout, "deep", {.inputs = 3, .hidden = 5, .depth = 4, .outputs = 2});
  const mlp affine(layout, "affine", {.inputs = 3, .depth = 1, .outputs = 2});

  expect_differentiable("mlp", layout, deep, extents{1, 3});
  expect_differentiable("mlp", layout, deep, extents{3, 1, 3});
  expect_differentiable("mlp of one layer", layout, affine, extents{3, 3});
}

TEST(Mlp, RefusesDepthsOutOfRange) {
  parameter_layout layout;
  const auto none = [&] { mlp(layout, "a", {.inputs = 1, .depth = 0, .outputs = 1}); };
  const auto many = [&] { mlp(layout, "a", {.inputs = 1, .depth = 17, .outputs = 1}); };

  EXPECT_THAT(message_of<invalid_input>(none), HasSubstr("depth 0"));
  EXPECT_THAT(message_of<invalid_input>(many), HasSubstr("depth 17"));
}

TEST(Mlp, RefusesSizesThatAreNotPositive) {
  parameter_layout layout;
  const auto build = [&] { mlp(layout, "a", {.inputs = 3}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("from 3 over 64 to 0 values"));
}

TEST(Mlp, RefusesOtherChannels) {
  parameter_layout layout;
  const mlp net(layout, "a", {.inputs = 3, .outputs = 1});
  const auto run = [&] { (void)net.output_shape(extents{2, 4}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("perceptron built for 3 channels"));
}

}  // namespace
}  // namespace flowkit::testing
