#include <gtest/gtest.h>
#include <flowkit/core/view.hpp>

#include <numeric>
#include <vector>

namespace flowkit {
namespace {

template <class T, std::size_t R>
using host_view = view<T, R, host_space>;

static_assert(std::is_trivially_copyable_v<host_view<float, 3>>);
static_assert(std::is_convertible_v<host_view<float, 2>, host_view<const float, 2>>);
static_assert(!std::is_convertible_v<host_view<const float, 2>, host_view<float, 2>>);
static_assert(!std::is_convertible_v<host_view<float, 2>, view<const float, 2, cuda_space>>);

struct View : ::testing::Test {
  std::vector<float> data = std::vector<float>(24);
  host_view<float, 3> v{data.data(), extents{2, 3, 4}};

  View() { std::iota(data.begin(), data.end(), 0.0F); }
};

TEST_F(View, IsRowMajor) {
  EXPECT_EQ(v.strides(), (extents{12, 4, 1}));
  EXPECT_EQ(v(1, 2, 3), 23.0F);
  EXPECT_EQ(v.size(), 24);
  EXPECT_TRUE(v.dense());
}

TEST_F(View, ReshapesDenseData) {
  EXPECT_EQ(as_rows(v).shape(), (extents{6, 4}));
  EXPECT_EQ(flatten(v).shape(), extents{24});
  EXPECT_EQ(reshape(v, extents{4, 6})(3, 5), 23.0F);
  EXPECT_EQ(row_count(v), 6);
}

TEST_F(View, SlicesRowsAndColumns) {
  const auto m = as_rows(v);

  EXPECT_EQ(rows(m, 4, 2)(0, 0), 16.0F);
  EXPECT_TRUE(rows(m, 4, 2).dense());
  EXPECT_EQ(columns(m, 1, 2)(5, 1), 22.0F);
  EXPECT_FALSE(columns(m, 1, 2).dense());
  EXPECT_EQ(rows(m, 6, 0).size(), 0);
}

TEST_F(View, RepeatsWithoutCopying) {
  const host_view<float, 1> line(data.data(), extents{4});

  EXPECT_EQ(repeat_rows(line, 9)(8, 3), 3.0F);
  EXPECT_EQ(repeat_columns(line, 9)(3, 8), 3.0F);
  EXPECT_EQ(repeat_middle(as_rows(v), 7)(5, 6, 3), 23.0F);
  EXPECT_EQ(repeat_scalar(host_view<float, 0>(data.data() + 5, {}), extents{2, 2})(1, 1), 5.0F);
  EXPECT_FALSE(repeat_rows(line, 9).dense());
}

TEST_F(View, WithoutElementsIsDense) {
  EXPECT_TRUE((host_view<float, 1>{}.dense()));
  EXPECT_TRUE((host_view<float, 3>{}.dense()));
  EXPECT_TRUE(columns(as_rows(v), 1, 0).dense());
  EXPECT_TRUE(rows(columns(as_rows(v), 1, 2), 0, 0).dense());
  EXPECT_EQ(flatten(host_view<float, 2>{}).size(), 0);
}

TEST_F(View, AxesOfSizeOneMayHaveAnyStride) {
  const host_view<float, 2> v1(data.data(), extents{1, 4}, extents{0, 1});

  EXPECT_TRUE(v1.dense());
}

TEST(Extents, ScalarsHaveOneElement) {
  EXPECT_EQ(size_of(extents<0>{}), 1);
  EXPECT_EQ(to_text(extents<0>{}), "[]");
  EXPECT_EQ(to_text(extents{2, 16, 4}), "[2, 16, 4]");
}

TEST(Extents, AZeroMakesTheSizeZero) { EXPECT_EQ(size_of(extents{5, 0, 3}), 0); }

}  // namespace
}  // namespace flowkit
