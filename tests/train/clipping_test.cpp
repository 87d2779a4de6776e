// The factor that shortens gradients.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/train/clipping.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace flowkit {
namespace {

using B = eigen<double>;

std::array<double, 2> clipped(double limit, std::array<double, 2> gradient) {
  B be;
  tensor<B, 1> gradients(be, {2});
  tensor<B, 0> squares(be, {});
  tensor<B, 0> factor(be, {});
  be.upload(gradients.view(), gradient);
  clip_factor(be, gradients.view(), limit, squares.view(), factor.view());
  return {squares.view()(), factor.view()()};
}

TEST(clip_factor, shortens_long_gradients_to_the_limit) {
  const auto [squares, factor] = clipped(2, {3, 4});

  EXPECT_DOUBLE_EQ(squares, 25);
  EXPECT_DOUBLE_EQ(factor, 2.0 / 5);
}

TEST(clip_factor, leaves_short_gradients_alone) {
  EXPECT_EQ(clipped(5, {3, 4})[1], 1);
  EXPECT_EQ(clipped(1, {0, 0})[1], 1);
}

TEST(clip_factor, shows_gradients_that_are_not_finite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_TRUE(std::isnan(clipped(1, {nan, 0})[0]));
}

}  // namespace
}  // namespace flowkit
