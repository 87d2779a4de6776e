#include <flowkit/nn/group_norm.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(TangentLayer<group_norm, eigen<float>, 3> && TangentLayer<group_norm, oracle, 2> &&
              TangentLayer<group_norm, oracle, 4>);

TEST(GroupNorm, NormalisesPositionsAndChannelsOfAGroupTogether) {
  parameter_layout layout;
  const group_norm layer(layout, "a", {.channels = 4, .groups = 2, .epsilon = 1e-12});
  layer_function f(layout, layer, extents{1, 2, 4});
  const numbers p =
      parameters_with(layout, {{"a.weight", {1, 1, 1, 2}}, {"a.bias", {0, 0, 10, 10}}});

  const numbers y = f.value(p, {1, 1, 5, 7, -1, -1, 7, 5});

  // Both groups have deviation 1, about the means 0 and 6; epsilon moves them by 5e-13.
  const numbers expected{1, 1, 9, 12, -1, -1, 11, 8};
  EXPECT_LE(largest_difference(y, expected), 1e-11);
}

TEST(GroupNorm, IgnoresTheScaleOfItsInput) {
  parameter_layout layout;
  const group_norm layer(layout, "a", {.channels = 6, .groups = 3, .epsilon = 1e-12});
  layer_function f(layout, layer, extents{2, 5, 6});
  const numbers p = random_parameters(layout, 1);
  const numbers x = normal_numbers(60, 2);

  const numbers once = f.value(p, x);
  const numbers eightfold = f.value(p, moved(x, 7, x));

  // Variances are about 1 and 64, so epsilon changes the result by about 1e-12.
  EXPECT_LE(largest_difference(once, eightfold), 1e-11);
}

TEST(GroupNorm, IsDifferentiable) {
  parameter_layout layout;
  const group_norm pairs(layout, "pairs", {.channels = 6, .groups = 3});
  const group_norm one(layout, "one", {.channels = 3, .groups = 1});
  const group_norm every(layout, "every", {.channels = 5, .groups = 5});

  expect_differentiable("group norm", layout, pairs, extents{1, 7, 6});
  expect_differentiable("group norm", layout, pairs, extents{3, 1, 6});
  expect_differentiable("group norm", layout, pairs, extents{3, 3, 2, 6});
  expect_differentiable("group norm of one group", layout, one, extents{3, 5, 3});
  expect_differentiable("group norm of a matrix", layout, one, extents{3, 3});
  expect_differentiable("group norm per channel", layout, every, extents{1, 3, 1, 5});
}

TEST(GroupNorm, StartsAsPureNormalisation) {
  parameter_layout layout;
  const group_norm layer(layout, "a", {.channels = 2});

  EXPECT_EQ(layout.find("a.weight")->init.shift, 1);
  EXPECT_EQ(layout.find("a.weight")->init.scale, 0);
  EXPECT_EQ(layout.find("a.bias")->init.shift, 0);
}

TEST(GroupNorm, RefusesGroupsThatDoNotDivideTheChannels) {
  parameter_layout layout;
  const auto uneven = [&] { group_norm(layout, "a", {.channels = 6, .groups = 4}); };
  const auto none = [&] { group_norm(layout, "a", {.channels = 6, .groups = 0}); };

  EXPECT_THAT(message_of<invalid_input>(uneven), HasSubstr("6 channels in 4 groups"));
  EXPECT_THAT(message_of<invalid_input>(none), HasSubstr("6 channels in 0 groups"));
}

TEST(GroupNorm, RefusesAnEpsilonThatIsNotPositiveAndFinite) {
  parameter_layout layout;
  const auto refusal = [&](double epsilon) {
    return message_of<invalid_input>(
        [&] { group_norm(layout, "a", {.channels = 6, .epsilon = epsilon}); });
  };

  EXPECT_THAT(refusal(0), HasSubstr("group normalisation 'a' with epsilon 0"));
  EXPECT_THAT(refusal(std::numeric_limits<double>::infinity()), HasSubstr("epsilon inf"));
  EXPECT_THAT(refusal(std::numeric_limits<double>::quiet_NaN()), HasSubstr("epsilon nan"));
}

// 0 in float, where a group of equal numbers would be divided by 0.
TEST(GroupNorm, RefusesAnEpsilonThatTheScalarCannotHold) {
  using narrow = eigen<float>;
  parameter_layout layout;
  const group_norm layer(layout, "a", {.channels = 2, .epsilon = 1e-60});
  narrow be;
  parameter_store<narrow> store(be, layout, rng_key{1});
  workspace<narrow> ws(be);
  saved_of<group_norm, narrow> saved;
  tensor<narrow, 2> x(be, {3, 2});
  be.fill(x.view(), 1);
  const const_view_of<narrow, 2> input = x.view();

  EXPECT_THAT(
      message_of<invalid_input>([&] { (void)layer.forward(be, store.view(), input, ws, saved); }),
      HasSubstr("epsilon 1e-60 (0 in the backend's scalar)"));
}

TEST(GroupNorm, RefusesOtherChannels) {
  parameter_layout layout;
  const group_norm layer(layout, "a", {.channels = 6, .groups = 3});
  const auto run = [&] { (void)layer.output_shape(extents{1, 2, 4}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("built for 6 channels"));
}

}  // namespace
}  // namespace flowkit::testing
