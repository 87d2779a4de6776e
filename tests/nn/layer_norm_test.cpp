#include <flowkit/nn/layer_norm.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(TangentLayer<layer_norm, eigen<float>, 2> && TangentLayer<layer_norm, oracle, 3>);

TEST(LayerNorm, NormalisesEveryRowByItself) {
  parameter_layout layout;
  const layer_norm layer(layout, "a", {.channels = 2, .epsilon = 1e-12});
  layer_function f(layout, layer, extents{1, 2, 2});
  const numbers p = parameters_with(layout, {{"a.weight", {1, 2}}, {"a.bias", {0, 3}}});

  const numbers y = f.value(p, {4, 6, -1, -7});

  // The deviations are 1 and 3; epsilon moves the result by less than 1e-12.
  EXPECT_LE(largest_difference(y, {-1, 5, 1, 1}), 1e-11);
}

TEST(LayerNorm, IsDifferentiable) {
  parameter_layout layout;
  const layer_norm layer(layout, "a", {.channels = 5});

  expect_differentiable("layer norm", layout, layer, extents{1, 5});
  expect_differentiable("layer norm", layout, layer, extents{3, 5});
  expect_differentiable("layer norm", layout, layer, extents{3, 1, 5});
  expect_differentiable("layer norm", layout, layer, extents{2, 3, 2, 5});
}

TEST(LayerNorm, OfOneChannelIsItsShift) {
  parameter_layout layout;
  const layer_norm layer(layout, "a", {.channels = 1});
  layer_function f(layout, layer, extents{2, 1});
  const numbers p = parameters_with(layout, {{"a.weight", {2}}, {"a.bias", {3}}});

  const numbers y = f.value(p, {4, -7});
  const auto g = f.backward(p, {4, -7}, {1, 1}, 1);

  EXPECT_EQ(y, (numbers{3, 3}));
  // One over the root of epsilon, about 300, magnifies the rounding of differences that are zero.
  EXPECT_LE(largest(g.inputs), 1e-12);
}

TEST(LayerNorm, RefusesUnusableOptions) {
  parameter_layout layout;
  const auto channels = [&] { layer_norm(layout, "a", {.channels = 0}); };
  const auto epsilon = [&] { layer_norm(layout, "a", {.channels = 2, .epsilon = -1}); };

  EXPECT_THAT(message_of<invalid_input>(channels), HasSubstr("0 channels"));
  EXPECT_THAT(message_of<invalid_input>(epsilon), HasSubstr("epsilon -1"));
}

TEST(LayerNorm, RefusesOtherChannels) {
  parameter_layout layout;
  const layer_norm layer(layout, "a", {.channels = 6});
  const auto run = [&] { (void)layer.output_shape(extents{2, 4}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("built for 6 channels"));
}

}  // namespace
}  // namespace flowkit::testing
