#include <flowkit/nn/sequential.hpp>

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/conv1d.hpp>
#include <flowkit/nn/conv2d.hpp>
#include <flowkit/nn/group_norm.hpp>
#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/pooling.hpp>
#include <flowkit/nn/time_embedding.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using block = sequential<conv1d, group_norm, mish_layer>;
static_assert(TangentLayer<block, eigen<float>, 3> && TangentLayer<block, oracle, 3>);
static_assert(TangentLayer<sequential<block, block>, oracle, 3>);
static_assert(std::same_as<saved_of<sequential<linear, relu_layer>, oracle>,
                           std::tuple<saved_of<linear, oracle>, saved_of<relu_layer, oracle>>>);

TEST(Sequential, AppliesItsLayersInOrder) {
  parameter_layout layout;
  const sequential net(linear(layout, "a", 1, 2), relu_layer{}, linear(layout, "b", 2, 1));
  layer_function f(layout, net, extents{2, 1});
  const numbers p =
      parameters_with(layout, {{"a.weight", {1, -1}}, {"b.weight", {10, 100}}, {"b.bias", {0.5}}});

  const numbers y = f.value(p, {2, -3});

  EXPECT_THAT(y, ElementsAre(20.5, 300.5));
}

TEST(Sequential, IsDifferentiable) {
  parameter_layout layout;
  const sequential single(linear(layout, "single", 3, 2));
  const block conv(conv1d(layout, "conv", {.inputs = 3, .outputs = 4, .kernel = 3, .padding = 1}),
                   group_norm(layout, "norm", {.channels = 4, .groups = 2}), mish_layer{});

  expect_differentiable("sequence of one", layout, single, extents{3, 3});
  expect_differentiable("convolution block", layout, conv, extents{1, 5, 3});
  expect_differentiable("convolution block", layout, conv, extents{3, 1, 3});
}

TEST(Sequential, LetsRanksChange) {
  parameter_layout layout;
  const sequential net(conv2d(layout, "conv", {.inputs = 1, .outputs = 3, .kernel = {2, 2}}),
                       silu_layer{}, global_average_pool{}, linear(layout, "head", 3, 2));
  const sequential time(sinusoidal_time_embedding(layout, {.dimension = 6}),
                        linear(layout, "time", 6, 3));

  EXPECT_EQ(net.output_shape(extents{3, 4, 5, 1}), (extents{3, 2}));
  expect_differentiable("image network", layout, net, extents{3, 4, 5, 1});
  expect_differentiable("time network", layout, time, extents{3, 1});
}

TEST(Sequential, ReportsTheLayerThatDoesNotFit) {
  parameter_layout layout;
  const sequential net(linear(layout, "a", 1, 2), linear(layout, "b", 3, 1));
  const auto run = [&] { (void)net.output_shape(extents{5, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run),
              HasSubstr("built for 3 channels got an input of shape [5, 2]"));
}

}  // namespace
}  // namespace flowkit::testing
