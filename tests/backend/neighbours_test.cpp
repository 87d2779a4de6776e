#include <flowkit/backend/draw.hpp>
#include <flowkit/backend/neighbours.hpp>
#include <flowkit/backends/eigen.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace flowkit {
namespace {

using B = eigen<float>;
using ::testing::ElementsAre;

tensor<B, 2> column(B& be, const std::vector<float>& values) {
  tensor<B, 2> out(be, {static_cast<index_t>(values.size()), 1});
  be.upload(flatten(out.view()), values);
  return out;
}

TEST(nearest_neighbours, gives_row_and_squared_distance) {
  B be;
  const auto queries = column(be, {0.5F, 9, 2});
  const auto references = column(be, {10, 0, 2, 2});

  const neighbours found = nearest_neighbours(be, queries.view(), references.view());

  EXPECT_THAT(found.index, ElementsAre(1, 0, 2));
  EXPECT_THAT(found.squared_distance, ElementsAre(0.25, 1, 0));
}

TEST(nearest_neighbours, without_references_are_marked) {
  B be;

  const neighbours found = nearest_neighbours(be, column(be, {1}).view(), column(be, {}).view());

  EXPECT_THAT(found.index, ElementsAre(-1));
  EXPECT_THAT(found.squared_distance, ElementsAre(std::numeric_limits<double>::infinity()));
}

TEST(nearest_neighbours, of_nothing_are_none) {
  B be;

  EXPECT_TRUE(nearest_neighbours(be, column(be, {}).view(), column(be, {1}).view()).index.empty());
}

TEST(nearest_neighbours, refuses_rows_of_unequal_length) {
  B be;
  const auto narrow = draw_normal(be, {2, 3}, {1});
  const auto wide = draw_normal(be, {2, 4}, {1});

  EXPECT_THROW((void)nearest_neighbours(be, narrow.view(), wide.view()), invalid_input);
}

}  // namespace
}  // namespace flowkit
