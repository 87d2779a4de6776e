// Row passes: every instruction set gives the bits of a plain loop, at every length.
#include <flowkit/coupling/row_scan.hpp>

#include "support/transport.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace flowkit::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
class row_scan : public ::testing::Test {};
using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(row_scan, scalars);

// Lengths around the vector widths and the block of 64.
constexpr index_t lengths[] = {1, 2, 3, 7, 8, 9, 15, 63, 64, 65, 71, 128, 131, 1000};

struct plain_search {
  std::vector<double> distance;
  std::vector<double> from;

  template <class T>
  double relax(const entering_row<T>& row, const std::vector<double>& price) {
    for (std::size_t j = 0; j < price.size(); ++j) {
      const double through = (static_cast<double>(row.cost[j]) - price[j]) - row.offset;
      if (through < distance[j]) {
        distance[j] = through;
        from[j] = row.id;
      }
    }
    return *std::min_element(distance.begin(), distance.end());
  }
};

TYPED_TEST(row_scan, relaxes_like_a_plain_loop) {
  for (const auto& scans : usable_row_scans<TypeParam>()) {
    for (const index_t n : lengths) {
      const auto size = static_cast<std::size_t>(n);
      auto price = testing::uniform_costs<double>(1, n, {1, 0});
      price[size / 2] = -infinity;
      plain_search expected{std::vector<double>(size, infinity), std::vector<double>(size, -1.0)};
      plain_search actual = expected;
      std::vector<double> blocks(static_cast<std::size_t>(scan_blocks(n)));
      const search_front front{n, price.data(), actual.distance.data(), actual.from.data(),
                               blocks.data()};

      // Every row twice: the first of equal paths stays.
      for (const std::uint64_t row : {0U, 1U, 2U, 3U}) {
        const std::uint64_t pair = row / 2;
        const auto cost = testing::uniform_costs<TypeParam>(1, n, {2, pair});
        const entering_row<TypeParam> entering{cost.data(), 0.1 * static_cast<double>(pair),
                                               static_cast<double>(row)};
        const double least = scans.relax(entering, front);

        ASSERT_EQ(least, expected.relax(entering, price)) << n;
        ASSERT_EQ(least, *std::min_element(blocks.begin(), blocks.end())) << n;
        ASSERT_EQ(actual.distance, expected.distance) << n;
        ASSERT_EQ(actual.from, expected.from) << n;
      }
    }
  }
}

TYPED_TEST(row_scan, finds_the_two_smallest_like_a_sort) {
  for (const auto& scans : usable_row_scans<TypeParam>()) {
    for (const index_t n : lengths) {
      for (const std::uint32_t bound : {2u, 1000u}) {  // with and without many equal values
        const auto cost = testing::integer_costs<TypeParam>(1, n, bound, {3, bound});
        const std::vector<double> price(cost.size(), 0.5);
        std::vector<double> blocks(static_cast<std::size_t>(scan_blocks(n)));

        const two_least least = scans.smallest(cost.data(), price.data(), n, blocks.data());

        std::vector<std::pair<double, index_t>> sorted{{infinity, -1}};
        for (std::size_t j = 0; j < cost.size(); ++j) {
          sorted.emplace_back(static_cast<double>(cost[j]) - 0.5, static_cast<index_t>(j));
        }
        std::sort(sorted.begin(), sorted.end());
        EXPECT_EQ(least.first, sorted[0].first);
        EXPECT_EQ(least.column, sorted[0].second);
        EXPECT_EQ(least.second, sorted[1].first);
        EXPECT_EQ(least.tied_column, least.first == least.second ? sorted[1].second : -1);
      }
    }
  }
}

TYPED_TEST(row_scan, has_no_second_value_where_only_one_pair_is_permitted) {
  std::vector<TypeParam> cost(70, std::numeric_limits<TypeParam>::infinity());
  cost[66] = TypeParam(3);
  const std::vector<double> price(70, 1.0);
  double blocks[2];

  const two_least least =
      best_row_scans<TypeParam>().smallest(cost.data(), price.data(), 70, blocks);

  EXPECT_EQ(least.first, 2.0);
  EXPECT_EQ(least.column, 66);
  EXPECT_EQ(least.second, infinity);
  EXPECT_EQ(least.tied_column, -1);
}

}  // namespace
}  // namespace flowkit::detail
