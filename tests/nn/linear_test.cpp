#include <flowkit/nn/linear.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<linear, eigen<float>, 2> && TangentLayer<linear, eigen<double>, 3>);

TEST(Linear, MapsTheLastAxis) {
  parameter_layout layout;
  const linear layer(layout, "a", 2, 3);
  layer_function f(layout, layer, extents{1, 2, 2});
  const numbers p =
      parameters_with(layout, {{"a.weight", {1, 2, 3, 4, 5, 6}}, {"a.bias", {10, 20, 30}}});

  const numbers y = f.value(p, {1, 1, 0, -1});

  EXPECT_THAT(y, ElementsAre(15, 27, 39, 6, 15, 24));
}

TEST(Linear, IsDifferentiable) {
  parameter_layout layout;
  const linear layer(layout, "a", 3, 5);
  const linear narrow(layout, "b", 1, 1);

  expect_differentiable("linear", layout, layer, extents{1, 3});
  expect_differentiable("linear", layout, layer, extents{3, 3});
  expect_differentiable("linear", layout, layer, extents{3, 1, 3});
  expect_differentiable("linear", layout, layer, extents{2, 3, 1, 3});
  expect_differentiable("narrow linear", layout, narrow, extents{3, 1});
}

TEST(Linear, InitialisesWithinTheInverseRootOfItsInputs) {
  parameter_layout layout;
  const linear layer(layout, "a", 4, 100);
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{5});

  numbers drawn;
  append(drawn, store.values());

  // 500 draws come within 2 % of the bound of 1/2 with a probability of 1 - 0.98^500.
  EXPECT_LE(largest(drawn), 0.5);
  EXPECT_GE(largest(drawn), 0.49);
}

TEST(Linear, RefusesSizesThatAreNotPositive) {
  parameter_layout layout;
  const auto build = [&] { linear(layout, "head", 0, 3); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("linear layer 'head' from 0 to 3"));
}

TEST(Linear, RefusesInputsWithOtherChannels) {
  parameter_layout layout;
  const linear layer(layout, "a", 2, 3);
  layer_function f(layout, layer, extents{1, 4});
  const auto run = [&] { f.value(random_parameters(layout, 1), numbers(4)); };

  const std::string message = message_of<invalid_input>(run);

  EXPECT_THAT(message, HasSubstr("built for 2 channels"));
  EXPECT_THAT(message, HasSubstr("[1, 4]"));
}

}  // namespace
}  // namespace flowkit::testing
