// Output shapes of windows.
#include <flowkit/backend/geometry.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

TEST(convolution_geometry, counts_windows) {
  constexpr convolution_geometry same{{1, 5}, {1, 1}, {0, 2}};
  constexpr convolution_geometry halving{{3, 3}, {2, 2}, {1, 1}};

  EXPECT_EQ(same.output(extents<4>{2, 1, 16, 7}, 9), (extents<4>{2, 1, 16, 9}));
  EXPECT_EQ(halving.output(extents<4>{2, 96, 95, 3}, 64), (extents<4>{2, 48, 48, 64}));
  EXPECT_EQ(same.taps(), 5);
  EXPECT_EQ(halving.taps(), 9);
}

TEST(convolution_geometry, default_is_pointwise) {
  EXPECT_EQ(convolution_geometry{}.output(extents<4>{3, 4, 5, 6}, 7), (extents<4>{3, 4, 5, 7}));
}

}  // namespace
}  // namespace flowkit
