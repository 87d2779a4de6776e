#include <flowkit/nn/time_embedding.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(TangentLayer<sinusoidal_time_embedding, eigen<float>, 2> &&
              TangentLayer<sinusoidal_time_embedding, oracle, 2>);

TEST(TimeEmbedding, HoldsSinesThenCosinesOfFallingFrequencies) {
  parameter_layout layout;
  const sinusoidal_time_embedding layer(layout, {.dimension = 6});
  layer_function f(layout, layer, extents{2});

  const numbers y = f.value({}, {0.5, -30});

  // Frequencies 1, 1/100, 1/10000; the vector functions are good to a few ulp.
  numbers expected;
  for (const double t : {0.5, -30.0}) {
    for (const double w : {1.0, 1e-2, 1e-4}) expected.push_back(std::sin(t * w));
    for (const double w : {1.0, 1e-2, 1e-4}) expected.push_back(std::cos(t * w));
  }
  EXPECT_LE(largest_difference(y, expected), 1e-14);
}

TEST(TimeEmbedding, ScalesTimeBeforehand) {
  parameter_layout layout;
  const sinusoidal_time_embedding plain(layout, {.dimension = 4});
  const sinusoidal_time_embedding scaled(layout, {.dimension = 4, .scale = 100});
  layer_function f(layout, plain, extents{1, 1});
  layer_function g(layout, scaled, extents{1, 1});

  const numbers expected = f.value({}, {25});
  const numbers y = g.value({}, {0.25});

  EXPECT_LE(largest_difference(y, expected), 1e-14);
}

TEST(TimeEmbedding, ReadsAColumnOfAMatrix) {
  parameter_layout layout;
  const sinusoidal_time_embedding layer(layout, {.dimension = 4});
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{});
  workspace<oracle> ws(be);
  saved_of<sinusoidal_time_embedding, oracle> saved;
  const numbers times{1, 2, 3, 4};
  const const_view_of<oracle, 2> both(times.data(), {2, 2});

  const auto y = layer.forward(be, store.view(), columns(both, 1, 1), ws, saved);

  EXPECT_NEAR(y(0, 0), std::sin(2.0), 1e-15);
  EXPECT_NEAR(y(1, 0), std::sin(4.0), 1e-15);
}

TEST(TimeEmbedding, IsDifferentiable) {
  parameter_layout layout;
  const sinusoidal_time_embedding small(layout, {.dimension = 4});
  const sinusoidal_time_embedding large(layout, {.dimension = 34, .scale = 3});

  expect_differentiable("time embedding", layout, small, extents{1, 1});
  expect_differentiable("time embedding", layout, large, extents{3, 1});
  expect_differentiable("time embedding of a vector", layout, large, extents{3});
}

TEST(TimeEmbedding, RefusesOddAndSmallDimensions) {
  parameter_layout layout;
  const auto odd = [&] { sinusoidal_time_embedding(layout, {.dimension = 7}); };
  const auto small = [&] { sinusoidal_time_embedding(layout, {.dimension = 2}); };

  EXPECT_THAT(message_of<invalid_input>(odd), HasSubstr("dimension 7"));
  EXPECT_THAT(message_of<invalid_input>(small), HasSubstr("dimension 2"));
}

TEST(TimeEmbedding, RefusesDimensionsThatNoMemoryHolds) {
  parameter_layout layout;
  const auto huge = [&] { sinusoidal_time_embedding(layout, {.dimension = index_t{1} << 62}); };

  EXPECT_THAT(message_of<invalid_input>(huge), HasSubstr("below 2^31"));
}

TEST(TimeEmbedding, HasNoStoreInAScalarThatCannotHoldItsScale) {
  parameter_layout layout;
  const sinusoidal_time_embedding layer(layout, {.dimension = 4, .scale = 1e300});
  eigen<float> narrow;
  oracle wide;

  EXPECT_THAT(message_of<invalid_input>(
                  [&] { const parameter_store<eigen<float>> store(narrow, layout, rng_key{}); }),
              HasSubstr("the constant 1e+300 (inf in the backend's scalar)"));
  EXPECT_NO_THROW((parameter_store<oracle>(wide, layout, rng_key{})));
}

TEST(TimeEmbedding, RefusesScalesThatAreNotFinite) {
  parameter_layout layout;
  const auto build = [&] {
    sinusoidal_time_embedding(layout, {.dimension = 4, .scale = std::nan("")});
  };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("a scale of nan"));
}

TEST(TimeEmbedding, RefusesSeveralTimesPerSample) {
  parameter_layout layout;
  const sinusoidal_time_embedding layer(layout, {.dimension = 4});
  const auto run = [&] { (void)layer.output_shape(extents{3, 2}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("times of shape [3, 2]"));
}

}  // namespace
}  // namespace flowkit::testing
