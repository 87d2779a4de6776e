#include <flowkit/nn/pooling.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<max_pool2d, eigen<float>, 4> && TangentLayer<max_pool2d, oracle, 4>);
static_assert(TangentLayer<global_average_pool, eigen<float>, 4> &&
              TangentLayer<global_average_pool, oracle, 4>);

TEST(MaxPool2d, TakesTheLargestOfEveryWindowAndChannel) {
  const parameter_layout layout;
  const max_pool2d layer({.kernel = {2, 2}, .stride = {2, 2}});
  layer_function f(layout, layer, extents{1, 2, 4, 2});

  const numbers y = f.value({}, {1, -1, 2, -2, 0, 0, 9, -9, 4, -4, 3, -3, 0, 0, 0, 0});

  EXPECT_THAT(y, ElementsAre(4, -1, 9, 0));
}

TEST(MaxPool2d, LetsPaddingNeverWin) {
  const parameter_layout layout;
  const max_pool2d layer({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}});
  layer_function f(layout, layer, extents{1, 2, 3, 1});

  const numbers y = f.value({}, {-1, -2, -3, -4, -5, -6});

  EXPECT_THAT(y, ElementsAre(-1, -2));
}

TEST(MaxPool2d, SendsTheGradientToTheFirstOfEquals) {
  const parameter_layout layout;
  const max_pool2d layer(max_pool2d_options{});
  layer_function f(layout, layer, extents{1, 2, 2, 1});

  const auto g = f.backward({}, {1, 5, 5, 5}, {3}, 1);

  EXPECT_THAT(g.inputs, ElementsAre(0, 3, 0, 0));
}

TEST(MaxPool2d, IsDifferentiable) {
  const parameter_layout layout;
  const max_pool2d overlapping({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}});
  const max_pool2d flat({.kernel = {1, 2}, .stride = {1, 1}});

  expect_differentiable("max pool", layout, overlapping, extents{1, 5, 7, 3});
  expect_differentiable("max pool", layout, overlapping, extents{3, 1, 2, 1});
  expect_differentiable("flat max pool", layout, flat, extents{3, 2, 3, 5});
}

TEST(MaxPool2d, RefusesWindowsThatMaySeeOnlyPadding) {
  const auto build = [] { max_pool2d({.kernel = {2, 3}, .stride = {1, 1}, .padding = {1, 2}}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("padding [1, 2]"));
}

TEST(MaxPool2d, RefusesEmptyWindowsAndSteps) {
  const auto kernel = [] { max_pool2d({.kernel = {0, 1}}); };
  const auto stride = [] { max_pool2d({.stride = {1, 0}}); };
  const auto huge = [] {
    max_pool2d({.kernel = {1, index_t{1} << 62}, .padding = {0, index_t{1} << 62}});
  };

  EXPECT_THAT(message_of<invalid_input>(huge), HasSubstr("below 2^31"));
  EXPECT_THAT(message_of<invalid_input>(kernel), HasSubstr("kernel [0, 1]"));
  EXPECT_THAT(message_of<invalid_input>(stride), HasSubstr("stride [1, 0]"));
}

TEST(MaxPool2d, RefusesImagesSmallerThanTheKernel) {
  const max_pool2d layer(max_pool2d_options{});
  const auto run = [&] { (void)layer.output_shape({1, 1, 4, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("input of shape [1, 1, 4, 1]"));
}

TEST(GlobalAveragePool, AveragesAllPositions) {
  const parameter_layout layout;
  const global_average_pool layer;
  layer_function f(layout, layer, extents{2, 1, 2, 2});

  const numbers y = f.value({}, {1, 2, 3, 4, 5, 6, 8, 10});

  EXPECT_THAT(y, ElementsAre(2, 3, 6.5, 8));
}

TEST(GlobalAveragePool, IsDifferentiable) {
  const parameter_layout layout;

  expect_differentiable("average pool", layout, global_average_pool{}, extents{1, 3, 5, 2});
  expect_differentiable("average pool", layout, global_average_pool{}, extents{3, 1, 1, 1});
}

TEST(GlobalAveragePool, RefusesImagesWithoutPositions) {
  const auto run = [] { (void)global_average_pool::output_shape({1, 0, 4, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("shape [1, 0, 4, 1]"));
}

}  // namespace
}  // namespace flowkit::testing
