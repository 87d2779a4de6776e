#include <flowkit/nn/conv_transpose1d.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<conv_transpose1d, eigen<float>, 3> &&
              TangentLayer<conv_transpose1d, oracle, 3>);

TEST(ConvTranspose1d, SpreadsEveryInputOverItsWindow) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a",
                               {.inputs = 1, .outputs = 1, .kernel = 4, .stride = 2, .padding = 1});
  layer_function f(layout, layer, extents{1, 2, 1});
  const numbers p = parameters_with(layout, {{"a.weight", {1, 10, 100, 1000}}, {"a.bias", {0.5}}});

  const numbers y = f.value(p, {1, 2});

  // Full output 1, 10, 100 + 2, 1000 + 20, 200, 2000, then one dropped on either side.
  EXPECT_THAT(y, ElementsAre(10.5, 102.5, 1020.5, 200.5));
}

TEST(ConvTranspose1d, HasTapsAndOutputsAsRowsOfItsWeights) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a",
                               {.inputs = 2, .outputs = 2, .kernel = 1, .bias = bias_term::none});
  layer_function f(layout, layer, extents{1, 1, 2});
  const numbers p = parameters_with(layout, {{"a.weight", {1, 2, 3, 4}}});

  const numbers y = f.value(p, {1, 10});

  EXPECT_THAT(y, ElementsAre(21, 43));
}

TEST(ConvTranspose1d, IsDifferentiable) {
  parameter_layout layout;
  const conv_transpose1d up(layout, "up",
                            {.inputs = 2, .outputs = 3, .kernel = 4, .stride = 2, .padding = 1});
  const conv_transpose1d plain(layout, "plain",
                               {.inputs = 3, .outputs = 1, .kernel = 3, .bias = bias_term::none});
  const conv_transpose1d gaps(layout, "gaps",
                              {.inputs = 1, .outputs = 2, .kernel = 1, .stride = 3});

  expect_differentiable("transposed conv1d", layout, up, extents{1, 4, 2});
  expect_differentiable("transposed conv1d", layout, up, extents{3, 1, 2});
  expect_differentiable("transposed conv1d", layout, plain, extents{3, 5, 3});
  expect_differentiable("transposed conv1d with gaps", layout, gaps, extents{3, 3, 1});
}

TEST(ConvTranspose1d, DrawsByOutputsTimesKernel) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a", {.inputs = 3, .outputs = 4, .kernel = 4});

  EXPECT_DOUBLE_EQ(layout.find("a.weight")->init.scale, 0.25);  // 1 / sqrt(4 * 4)
  EXPECT_DOUBLE_EQ(layout.find("a.bias")->init.scale, 0.25);
}

TEST(ConvTranspose1d, RefusesUnusableOptions) {
  parameter_layout layout;
  const auto sizes = [&] { conv_transpose1d(layout, "a", {.inputs = 1, .outputs = -2}); };
  const auto window = [&] {
    conv_transpose1d(layout, "a", {.inputs = 1, .outputs = 1, .kernel = 0});
  };

  const auto huge = [&] {
    conv_transpose1d(layout, "a", {.inputs = 1, .outputs = 1, .stride = index_t{1} << 62});
  };

  const auto long_window = [&] {
    conv_transpose1d(layout, "a", {.inputs = 1, .outputs = 1, .kernel = index_t{1} << 33});
  };

  EXPECT_THAT(message_of<invalid_input>(huge), HasSubstr("none may reach 2^31"));
  EXPECT_THAT(message_of<invalid_input>(long_window), HasSubstr("none may reach 2^31"));
  EXPECT_THAT(message_of<invalid_input>(sizes), HasSubstr("from 1 to -2 channels"));
  EXPECT_THAT(message_of<invalid_input>(window), HasSubstr("kernel 0"));
}

TEST(ConvTranspose1d, RefusesInputsWhoseOutputIsEmpty) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a", {.inputs = 1, .outputs = 1, .kernel = 2, .padding = 1});
  const auto run = [&] { (void)layer.output_shape({1, 1, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("would have 0 steps"));
}

// 2^62 steps of 16 wrap around to the kernel alone.
TEST(ConvTranspose1d, RefusesInputsWhoseOutputCannotBeCounted) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a", {.inputs = 1, .outputs = 1, .kernel = 2, .stride = 16});
  const auto run = [&] { (void)layer.output_shape({1, (index_t{1} << 62) + 1, 1}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("more steps than can be counted"));
}

TEST(ConvTranspose1d, RefusesOtherChannels) {
  parameter_layout layout;
  const conv_transpose1d layer(layout, "a", {.inputs = 2, .outputs = 1});
  const auto run = [&] { (void)layer.output_shape({1, 4, 3}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("built for 2 channels"));
}

}  // namespace
}  // namespace flowkit::testing
