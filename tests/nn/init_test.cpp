#include <flowkit/nn/init.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

TEST(Init, BoundsUniformWeightsByTheInverseRootOfTheInputs) {
  const initializer init = uniform_fan_in(16);

  EXPECT_EQ(init.draw, initializer::distribution::uniform);
  EXPECT_DOUBLE_EQ(init.scale, 0.25);
  EXPECT_EQ(init.shift, 0);
}

TEST(Init, SpreadsNormalWeightsByTheOutputs) {
  const initializer init = normal_fan_out(50);

  EXPECT_EQ(init.draw, initializer::distribution::normal);
  EXPECT_DOUBLE_EQ(init.scale, 0.2);
  EXPECT_EQ(init.shift, 0);
}

}  // namespace
}  // namespace flowkit
