#include <flowkit/fn/rotation.hpp>

#include <gtest/gtest.h>

namespace flowkit::fn {
namespace {

TEST(Rotation, GivesSineAndCosineOfTheAngle) {
  double s = 0;
  double c = 0;

  sine_cosine{}(s, c, 0.5, 3.0);

  EXPECT_DOUBLE_EQ(s, std::sin(1.5));
  EXPECT_DOUBLE_EQ(c, std::cos(1.5));
}

TEST(Rotation, TangentTurnsTheValuesByAQuarter) {
  double ds = 0;
  double dc = 0;

  sine_cosine_tangent{}(ds, dc, std::sin(1.5), std::cos(1.5), 3.0, 0.25);

  EXPECT_DOUBLE_EQ(ds, 0.75 * std::cos(1.5));
  EXPECT_DOUBLE_EQ(dc, -0.75 * std::sin(1.5));
}

TEST(Rotation, GradientIsTheAdjointOfTheTangent) {
  const double s = std::sin(1.5);
  const double c = std::cos(1.5);
  double ds = 0;
  double dc = 0;
  sine_cosine_tangent{}(ds, dc, s, c, 3.0, 1.0);

  const double dt = sine_cosine_gradient{}(0.3, -0.7, s, c, 3.0);

  EXPECT_DOUBLE_EQ(dt, 0.3 * ds - 0.7 * dc);
}

}  // namespace
}  // namespace flowkit::fn
