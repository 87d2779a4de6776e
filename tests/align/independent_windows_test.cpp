#include <gtest/gtest.h>
#include <flowkit/align/independent_windows.hpp>
#include <flowkit/backend/draw.hpp>
#include <flowkit/backends/eigen.hpp>

#include <numeric>

namespace flowkit {
namespace {

using backend = eigen<double>;

constexpr index_t steps = 8;
constexpr row_t length = 60;

/// Episodes whose observations move by `pace` per step, so that the windows nearest to one of them
/// are those next to it, all of which overlap: the less an episode moves, the more.
struct IndependentWindows : ::testing::TestWithParam<double> {
  static constexpr index_t episodes = 12;
  static constexpr index_t all = episodes * length;

  backend be;
  workspace<backend> ws{be};
  tensor<backend, 2> features = draw_normal(be, {all, 3}, {1});
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  IndependentWindows() {
    for (row_t i = 0; i < static_cast<row_t>(all); ++i) {
      episode.push_back(i / length);
      offset.push_back(i % length);
      const index_t start = i / length * length;
      const double walked = GetParam() * static_cast<double>(i % length);
      for (index_t c = 0; c < 3 && i > start; ++c) {
        features.view()(i, c) = features.view()(start, c) + (c == 0 ? walked : 0);
      }
    }
  }

  /// What choosing from all windows in the order of their distance gives.
  std::vector<row_t> chosen_of_all(index_t query, row_t own, index_t count) {
    const auto squared = [&](row_t row) {
      double sum = 0;
      for (index_t c = 0; c < 3; ++c) {
        const double d = features.view()(query, c) - features.view()(row, c);
        sum += d * d;
      }
      return sum;
    };
    std::vector<row_t> order(static_cast<std::size_t>(all));
    std::iota(order.begin(), order.end(), row_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](row_t a, row_t b) { return squared(a) < squared(b); });
    std::vector<row_t> chosen;
    choose_neighbours(order, own, {episode, offset, steps}, count, chosen);
    return chosen;
  }
};

TEST_P(IndependentWindows, AreThoseOfASearchForAll) {
  constexpr index_t count = 10;
  const independent_windows<backend> windows{features.view(), {episode, offset, steps}};
  std::vector<row_t> own(static_cast<std::size_t>(all));
  std::iota(own.begin(), own.end(), row_t{0});
  own[5] = -1;

  const std::vector<row_t> found =
      windows.around(be, std::as_const(features).view(), own, count, ws);

  ASSERT_EQ(found.size(), own.size() * count);
  for (index_t i = 0; i < all; i += 5) {
    const std::span<const row_t> around = independent_windows<backend>::of(found, i, count);
    EXPECT_EQ(std::vector<row_t>(around.begin(), around.end()),
              chosen_of_all(i, own[static_cast<std::size_t>(i)], count))
        << "observation " << i;
  }
}

// Fast episodes, slow ones whose first candidates run out, and ones that stand still.
INSTANTIATE_TEST_SUITE_P(Paces, IndependentWindows, ::testing::Values(0.5, 0.001, 0.0));

TEST(IndependentWindowsOfFew, AreFewer) {
  backend be;
  workspace<backend> ws(be);
  const tensor<backend, 2> features = draw_normal(be, {3, 2}, {1});
  const independent_windows<backend> windows{features.view(), {}};

  const std::vector<row_t> found =
      windows.around(be, features.view(), std::vector<row_t>{0, 1, 2}, 5, ws);

  for (row_t i = 0; i < 3; ++i) {
    const std::span<const row_t> around = independent_windows<backend>::of(found, i, 5);
    ASSERT_EQ(around.size(), 3);
    EXPECT_EQ(around.front(), i);
  }
}

}  // namespace
}  // namespace flowkit
