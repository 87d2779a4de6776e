// Mode coverage: hand-computed cases and the laws of the definition.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/modes.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;

const mode_counts experts{{"left", 60}, {"right", 40}};

TEST(count_mode, counts_by_sorted_name_and_skips_the_undecided) {
  mode_counts counts;

  for (const char* mode : {"right", "left", "", "right", "over"}) count_mode(counts, mode);

  EXPECT_THAT(counts,
              ElementsAre(mode_count{"left", 1}, mode_count{"over", 1}, mode_count{"right", 2}));
  EXPECT_DOUBLE_EQ(mode_share(counts, "right"), 0.5);
  EXPECT_EQ(mode_share(counts, "under"), 0);
  EXPECT_EQ(mode_share({}, "right"), 0);
}

TEST(coverage_of, by_hand) {
  const mode_coverage one_forgotten = coverage_of(mode_counts{{"left", 10}}, experts);
  const mode_coverage shifted = coverage_of(mode_counts{{"left", 3}, {"right", 1}}, experts);
  const mode_coverage invented = coverage_of(mode_counts{{"over", 2}, {"left", 8}}, experts);

  EXPECT_DOUBLE_EQ(one_forgotten.overlap, 0.6);
  EXPECT_DOUBLE_EQ(one_forgotten.least_ratio, 0);
  EXPECT_DOUBLE_EQ(shifted.overlap, 0.85);       // 0.6 + 0.25
  EXPECT_DOUBLE_EQ(shifted.least_ratio, 0.625);  // 0.25 / 0.4
  EXPECT_DOUBLE_EQ(invented.overlap, 0.6);
}

TEST(coverage_of, is_one_exactly_for_equal_shares_and_symmetric_in_overlap) {
  const mode_counts doubled{{"right", 80}, {"left", 120}};
  const mode_counts other{{"left", 1}, {"right", 4}};

  EXPECT_DOUBLE_EQ(coverage_of(doubled, experts).overlap, 1);
  EXPECT_DOUBLE_EQ(coverage_of(doubled, experts).least_ratio, 1);
  EXPECT_DOUBLE_EQ(coverage_of(other, experts).overlap, coverage_of(experts, other).overlap);
  EXPECT_LT(coverage_of(other, experts).overlap, 1);
}

TEST(coverage_of, without_counts_there_is_none) {
  EXPECT_TRUE(std::isnan(coverage_of({}, experts).overlap));
  EXPECT_TRUE(std::isnan(coverage_of(experts, {}).least_ratio));
}

TEST(coverage_of, impossible_counts_are_refused) {
  EXPECT_THROW((void)coverage_of(mode_counts{{"left", -1}}, experts), invalid_input);
  EXPECT_THROW((void)coverage_of(mode_counts{{"left", 1}, {"left", 2}}, experts), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
