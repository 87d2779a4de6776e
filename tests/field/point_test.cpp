// Points of fixed dimension, and rows of matrices seen as points.
#include <flowkit/field/point.hpp>
#include <flowkit/fn/dual.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit {
namespace {

static_assert(std::is_trivially_copyable_v<point<3, double>>);
static_assert(std::same_as<decltype(point{1.0, 2.0}), point<2, double>>);
static_assert(std::same_as<decltype(point{1.0f, fn::dual<float>{}}), point<2, fn::dual<float>>>);
static_assert(point<4>::dimension == 4);

TEST(point, adds_and_scales) {
  constexpr point a{1.0, 2.0};
  constexpr point b{0.5, -1.0};

  EXPECT_EQ(a + b, (point{1.5, 1.0}));
  EXPECT_EQ(a - b, (point{0.5, 3.0}));
  EXPECT_EQ(2 * a, (point{2.0, 4.0}));
}

TEST(as_points, are_the_rows_of_a_matrix) {
  double data[] = {1, 2, 3, 4, 5, 6};
  const view<double, 2, host_space> matrix(data, extents{index_t{3}, index_t{2}});

  const auto points = as_points<2>(matrix);
  points(1) = point{7.0, 8.0};

  EXPECT_EQ(points.size(), 3);
  EXPECT_EQ(points(2), (point{5.0, 6.0}));
  EXPECT_EQ(data[2], 7);
  EXPECT_EQ(data[3], 8);
}

TEST(as_points, refuses_gaps_and_rows_of_another_width) {
  double data[12] = {};
  const view<double, 2, host_space> gaps(data, extents{2, 2}, extents{4, 1});
  const view<double, 2, host_space> wide(data, extents{2, 3});

  EXPECT_THAT(testing::message_of<invalid_input>([&] { (void)as_points<2>(gaps); }),
              ::testing::HasSubstr("a matrix of points of shape [2, 2] has strides [4, 1]"));
  EXPECT_THAT(testing::message_of<invalid_input>([&] { (void)as_points<2>(wide); }),
              ::testing::HasSubstr("shape [2, 3] has no rows of 2 coordinates"));
}

}  // namespace
}  // namespace flowkit
