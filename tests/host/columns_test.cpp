#include <flowkit/backends/eigen.hpp>
#include <flowkit/host/columns.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowkit {
namespace {

using backend = eigen<float>;

TEST(HostColumn, HoldsOneNumberPerRow) {
  backend be;
  tensor<backend, 2> x(be, {2, 3});
  be.upload(flatten(x.view()), std::vector<float>{1, 2, 3, 4, 5, 6});

  EXPECT_THAT(host_column(be, x, 0), ::testing::ElementsAre(1, 4));
  EXPECT_THAT(host_column(be, x.view(), 2), ::testing::ElementsAre(3, 6));
}

TEST(HostColumn, OfAnEmptyMatrixIsEmpty) {
  backend be;
  const tensor<backend, 2> x(be, {0, 3});

  EXPECT_TRUE(host_column(be, x, 1).empty());
}

TEST(HostColumn, ThatDoesNotExistIsRefused) {
  backend be;
  const tensor<backend, 2> x(be, {2, 3});

  EXPECT_THROW((void)host_column(be, x, 3), invalid_input);
  EXPECT_THROW((void)host_column(be, x, -1), invalid_input);
}

}  // namespace
}  // namespace flowkit
