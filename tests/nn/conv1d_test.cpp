#include <flowkit/nn/conv1d.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<conv1d, eigen<float>, 3> && TangentLayer<conv1d, oracle, 3>);

TEST(Conv1d, SlidesItsKernelOverTime) {
  parameter_layout layout;
  const conv1d layer(layout, "a",
                     {.inputs = 1, .outputs = 2, .kernel = 3, .stride = 2, .padding = 1});
  layer_function f(layout, layer, extents{1, 4, 1});
  const numbers p =
      parameters_with(layout, {{"a.weight", {1, -1, 10, -10, 100, -100}}, {"a.bias", {0.5, 0}}});

  const numbers y = f.value(p, {1, 2, 3, 4});

  EXPECT_THAT(y, ElementsAre(210.5, -210, 432.5, -432));
}

TEST(Conv1d, HalvesTimeWithKernelThreeStrideTwoPaddingOne) {
  parameter_layout layout;
  const conv1d layer(layout, "a",
                     {.inputs = 4, .outputs = 6, .kernel = 3, .stride = 2, .padding = 1});

  EXPECT_EQ(layer.output_shape({2, 16, 4}), (extents{2, 8, 6}));
}

TEST(Conv1d, IsDifferentiable) {
  parameter_layout layout;
  const conv1d same(layout, "same", {.inputs = 2, .outputs = 3, .kernel = 5, .padding = 2});
  const conv1d down(layout, "down",
                    {.inputs = 3, .outputs = 1, .kernel = 3, .stride = 2, .padding = 1});
  const conv1d pointwise(layout, "pointwise", {.inputs = 1, .outputs = 4, .bias = bias_term::none});

  expect_differentiable("conv1d", layout, same, extents{1, 7, 2});
  expect_differentiable("conv1d", layout, same, extents{3, 1, 2});
  expect_differentiable("strided conv1d", layout, down, extents{3, 7, 3});
  expect_differentiable("strided conv1d", layout, down, extents{1, 6, 3});
  expect_differentiable("conv1d of width 1", layout, pointwise, extents{3, 5, 1});
}

TEST(Conv1d, RefusesTimesShorterThanTheKernel) {
  parameter_layout layout;
  const conv1d layer(layout, "a", {.inputs = 1, .outputs = 1, .kernel = 4, .padding = 1});
  const auto run = [&] { (void)layer.output_shape({1, 1, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("smaller than the kernel"));
}

TEST(Conv1d, RefusesUnusableOptions) {
  parameter_layout layout;
  const auto build = [&] { conv1d(layout, "a", {.inputs = 1, .outputs = 1, .stride = 0}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("stride [1, 0]"));
}

}  // namespace
}  // namespace flowkit::testing
