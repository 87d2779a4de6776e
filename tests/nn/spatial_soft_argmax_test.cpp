#include <flowkit/nn/spatial_soft_argmax.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(TangentLayer<spatial_soft_argmax, eigen<float>, 4> &&
              TangentLayer<spatial_soft_argmax, oracle, 4>);

TEST(SpatialSoftArgmax, FindsThePeakOfEveryChannel) {
  parameter_layout layout;
  const spatial_soft_argmax layer(layout, {.height = 2, .width = 3, .channels = 2});
  layer_function f(layout, layer, extents{1, 2, 3, 2});
  numbers x(12, 0.0);
  x[0 * 6 + 2 * 2 + 0] = 50;  // channel 0: row 0, column 2
  x[1 * 6 + 1 * 2 + 1] = 50;  // channel 1: row 1, column 1

  const numbers y = f.value({}, x);

  // Five other positions weigh exp(-50) each, far below the rounding of 1.
  EXPECT_LE(largest_difference(y, {1, -1, 0, 1}), 1e-14);
}

TEST(SpatialSoftArgmax, WeighsPositionsBySoftmax) {
  parameter_layout layout;
  const spatial_soft_argmax layer(layout, {.height = 1, .width = 2, .channels = 1});
  layer_function f(layout, layer, extents{1, 1, 2, 1});

  const numbers y = f.value({}, {0, std::log(3.0)});

  // Weights 1/4 and 3/4 at x = -1 and 1; the only row is at y = -1. Rounding of a few ulp.
  EXPECT_LE(largest_difference(y, {0.5, -1}), 1e-14);
}

TEST(SpatialSoftArgmax, IsDifferentiable) {
  parameter_layout layout;
  const spatial_soft_argmax layer(layout, {.height = 3, .width = 5, .channels = 3});
  const spatial_soft_argmax line(layout, {.height = 1, .width = 4, .channels = 1});

  expect_differentiable("spatial soft-argmax", layout, layer, extents{1, 3, 5, 3});
  expect_differentiable("spatial soft-argmax", layout, layer, extents{3, 3, 5, 3});
  expect_differentiable("spatial soft-argmax of a line", layout, line, extents{3, 1, 4, 1});
}

TEST(SpatialSoftArgmax, RefusesSizesThatAreNotPositive) {
  parameter_layout layout;
  const auto build = [&] { spatial_soft_argmax(layout, {.height = 3, .width = 0, .channels = 1}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("width 0"));
}

TEST(SpatialSoftArgmax, RefusesImagesOfOtherSizes) {
  parameter_layout layout;
  const spatial_soft_argmax layer(layout, {.height = 3, .width = 5, .channels = 3});
  const auto run = [&] { (void)layer.output_shape({2, 5, 3, 3}); };

  const std::string message = message_of<invalid_input>(run);

  EXPECT_THAT(message, HasSubstr("shape [2, 5, 3, 3]"));
  EXPECT_THAT(message, HasSubstr("built for [2, 3, 5, 3]"));
}

}  // namespace
}  // namespace flowkit::testing
