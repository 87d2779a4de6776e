// Merging the axes of views into loops.
#include <flowkit/backend/loop_nest.hpp>

#include <gtest/gtest.h>

namespace flowkit::detail {
namespace {

TEST(loop_nest, dense_views_become_one_loop) {
  constexpr extents<3> shape{4, 5, 6};
  constexpr extents<3> strides[2] = {dense_strides(shape), dense_strides(shape)};

  constexpr auto loop = collapse(shape, strides);

  static_assert(loop.inner == 120 && loop.rows() == 1 && loop.unit());
}

TEST(loop_nest, a_scalar_is_one_element) {
  const extents<0> strides[1] = {};

  const auto loop = collapse(extents<0>{}, strides);

  EXPECT_EQ(loop.inner, 1);
  EXPECT_EQ(loop.rows(), 1);
  EXPECT_TRUE(loop.unit());
}

TEST(loop_nest, a_column_range_keeps_rows_apart) {
  const extents<2> strides[2] = {{10, 1}, {4, 1}};

  const auto loop = collapse(extents<2>{7, 4}, strides);

  EXPECT_EQ(loop.inner, 4);
  EXPECT_EQ(loop.rows(), 7);
  EXPECT_EQ(loop.offset(3, 0), 30);
  EXPECT_EQ(loop.offset(3, 1), 12);
}

TEST(loop_nest, a_repeated_row_merges_with_nothing) {
  const extents<2> strides[2] = {{5, 1}, {0, 1}};

  const auto loop = collapse(extents<2>{3, 5}, strides);

  EXPECT_EQ(loop.inner, 5);
  EXPECT_EQ(loop.offset(2, 0), 10);
  EXPECT_EQ(loop.offset(2, 1), 0);
}

TEST(loop_nest, a_repeated_scalar_merges_with_everything) {
  const extents<3> shape{2, 3, 4};
  const extents<3> strides[2] = {dense_strides(shape), {0, 0, 0}};

  const auto loop = collapse(shape, strides);

  EXPECT_EQ(loop.inner, 24);
  EXPECT_EQ(loop.inner_stride[1], 0);
  EXPECT_FALSE(loop.unit());
}

TEST(loop_nest, axes_of_size_one_do_not_matter) {
  const extents<4> strides[1] = {{999, 6, 777, 1}};

  const auto loop = collapse(extents<4>{1, 5, 1, 6}, strides);

  EXPECT_EQ(loop.inner, 30);
  EXPECT_TRUE(loop.unit());
}

TEST(loop_nest, four_separate_axes_keep_their_order) {
  const extents<4> shape{2, 3, 4, 5};
  const extents<4> strides[1] = {{1000, 200, 30, 2}};

  const auto loop = collapse(shape, strides);

  EXPECT_EQ(loop.rows(), 24);
  EXPECT_EQ(loop.inner, 5);
  EXPECT_EQ(loop.inner_stride[0], 2);
  EXPECT_EQ(loop.offset(23, 0), 1000 + 400 + 90);
  EXPECT_EQ(loop.offset(4, 0), 200);
}

TEST(loop_nest, an_empty_axis_leaves_nothing_to_do) {
  const extents<2> strides[1] = {{5, 1}};

  const auto loop = collapse(extents<2>{0, 5}, strides);

  EXPECT_EQ(loop.rows() * loop.inner, 0);
}

}  // namespace
}  // namespace flowkit::detail
