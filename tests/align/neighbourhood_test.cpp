#include <gtest/gtest.h>
#include <flowkit/align/neighbourhood.hpp>

#include <numeric>

namespace flowkit {
namespace {

TEST(Neighbourhood, StepDistanceIsTheMeanOfStepNorms) {
  const double a[] = {0, 0, 1, 1};
  const double b[] = {3, 4, 1, 1};

  EXPECT_DOUBLE_EQ(step_distance(a, b, 4, 2), 2.5);
  EXPECT_DOUBLE_EQ(step_distance(a, b, 4, 1), 5);
}

TEST(Neighbourhood, StepDistanceBelowALimitIsThatWithoutOne) {
  const double a[] = {0.1, 0.2, 0.7, 0.4};
  const double b[] = {0.3, 0.5, 0.1, 0.9};
  const double d = step_distance(a, b, 4, 4);

  EXPECT_EQ(step_distance(a, b, 4, 4, d), d);
  EXPECT_EQ(step_distance(a, b, 4, 4, 2 * d), d);
  EXPECT_EQ(step_distance(a, b, 4, 4, d / 2), no_limit);
  EXPECT_EQ(step_distance(a, b, 4, 4, 0), no_limit);
  EXPECT_EQ(step_distance(a, a, 4, 4, 0), 0);
}

TEST(Neighbourhood, OwnWindowComesFirstAndOverlapsAreLeftOut) {
  const std::vector<row_t> episode{0, 0, 0, 1, 1};
  const std::vector<row_t> offset{0, 3, 4, 0, 9};
  const window_origin origin{episode, offset, 4};
  const std::vector<row_t> candidates{1, 2, 3, 4, -1};
  std::vector<row_t> chosen;

  choose_neighbours(candidates, 0, origin, 3, chosen);

  // Window 1 starts 3 steps after the own one and shares actions with it; window 2 does not.
  EXPECT_EQ(chosen, (std::vector<row_t>{0, 2, 3}));
}

TEST(Neighbourhood, UnknownOwnWindowAndEndOfListAreFine) {
  const std::vector<row_t> candidates{2, 2, 5, -1, 7};
  std::vector<row_t> chosen{9};

  choose_neighbours(candidates, -1, {}, 8, chosen);

  EXPECT_EQ(chosen, (std::vector<row_t>{2, 5}));
}

/// Of chunks of one number, all of them neighbours.
double spacing(const std::vector<double>& values, double q) {
  std::vector<row_t> all(values.size());
  std::iota(all.begin(), all.end(), row_t{0});
  return chunk_spacing({values, 1, 1}, all, q);
}

TEST(Neighbourhood, SpacingIsNotInflatedByASecondMode) {
  EXPECT_NEAR(spacing({0, 0.1, 0.2, 10, 10.1, 10.2}, 0.8), 0.1, 1e-12);
}

TEST(Neighbourhood, SpacingTakesTheQuantileOfNearestDistances) {
  const std::vector<double> values{0, 1, 3, 7};  // nearest distances 1, 1, 2, 4

  EXPECT_DOUBLE_EQ(spacing(values, 0.5), 1);
  EXPECT_DOUBLE_EQ(spacing(values, 0.75), 2);
  EXPECT_DOUBLE_EQ(spacing(values, 1), 4);
}

TEST(Neighbourhood, SpacingIsZeroForOneNeighbourAndForEqualChunks) {
  EXPECT_EQ(spacing({3}, 0.8), 0);
  EXPECT_EQ(spacing({2, 2, 2, 2}, 0.8), 0);
}

TEST(Neighbourhood, IsFullWhereverEnoughWindowsAreApart) {
  // Five episodes of 30 adjacent windows; candidates come in clumps of one episode, the worst case.
  constexpr index_t steps = 4;
  constexpr row_t length = 30;
  std::vector<row_t> episode;
  std::vector<row_t> offset;
  std::vector<row_t> candidates;
  for (row_t i = 0; i < 5 * length; ++i) {
    episode.push_back(i / length);
    offset.push_back(i % length);
    candidates.push_back(i);
  }
  const window_origin origin{episode, offset, steps};
  const auto all = static_cast<index_t>(candidates.size());
  std::vector<row_t> found;
  std::vector<row_t> chosen_of_all;
  for (const index_t count : {2, 8, 16, 21}) {
    for (row_t own = -1; own < static_cast<row_t>(all); own += 7) {
      const index_t needed = candidates_needed(count, origin, all);

      choose_neighbours(std::span<const row_t>(candidates).first(static_cast<std::size_t>(needed)),
                        own, origin, count, found);

      choose_neighbours(candidates, own, origin, count, chosen_of_all);
      EXPECT_EQ(found, chosen_of_all) << count << " around window " << own;
    }
  }
  EXPECT_EQ(candidates_needed(16, window_origin{}, 100), 16);
  EXPECT_EQ(candidates_needed(16, origin, all), 16 * 7);
  EXPECT_EQ(candidates_needed(40, origin, all), all);
}

}  // namespace
}  // namespace flowkit
