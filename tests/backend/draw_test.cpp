#include <flowkit/backend/draw.hpp>
#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

TEST(draw_normal, holds_what_the_backend_draws_from_the_key) {
  eigen<float> be;
  tensor<eigen<float>, 2> expected(be, {5, 3});
  be.normal(expected.view(), {7});

  const auto drawn = draw_normal(be, {5, 3}, {7});

  ASSERT_EQ(drawn.shape(), (extents{5, 3}));
  for (index_t i = 0; i < drawn.size(); ++i) {
    EXPECT_EQ(drawn.view().data()[i], expected.view().data()[i]);
  }
}

TEST(draw_normal, a_row_does_not_depend_on_the_number_of_rows) {
  eigen<float> be;

  const auto few = draw_normal(be, {2, 3}, {7});
  const auto many = draw_normal(be, {100, 3}, {7});

  for (index_t j = 0; j < 3; ++j) EXPECT_EQ(few.view()(1, j), many.view()(1, j));
}

TEST(draw_normal, may_be_empty) {
  eigen<double> be;

  EXPECT_EQ(draw_normal(be, {0, 3}, {7}).shape(), (extents{0, 3}));
}

}  // namespace
}  // namespace flowkit
