#include <gtest/gtest.h>
#include <flowkit/core/rng.hpp>

#include <set>
#include <vector>

namespace flowkit {
namespace {

std::vector<std::uint32_t> words(const philox_block& b) { return {b.word, b.word + 4}; }

// Known answers published with the Random123 library for philox4x32 with 10 rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(words(philox(0, 0, 0)),
            (std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(philox(~0ULL, ~0ULL, ~0ULL)),
            (std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(philox(0x299f31d0a4093822ULL, 0x85a308d3243f6a88ULL, 0x0370734413198a2eULL)),
            (std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RngKey, ChildrenDifferFromEachOtherAndFromTheirParent) {
  std::set<std::uint64_t> streams;
  const rng_key root{42};
  streams.insert(root.stream);

  for (std::uint64_t i = 0; i < 1000; ++i) {
    streams.insert(root.split(i).stream);
    streams.insert(root.split(i).split(0).stream);
  }

  EXPECT_EQ(streams.size(), 2001U);
}

TEST(RngKey, SplittingIsAFunctionOfTheKey) {
  EXPECT_EQ(rng_key{7}.split(3), rng_key{7}.split(3));
  EXPECT_NE(rng_key{7}.split(3), rng_key{8}.split(3));
}

TEST(KeySequence, ContinuesWhereItWasLeft) {
  key_sequence keys(5);
  keys.next();
  keys.next();
  key_sequence resumed(5);

  resumed.skip_to(keys.count());

  EXPECT_EQ(resumed.next(), keys.next());
}

TEST(UnitInterval, IsOpenAtBothEnds) {
  EXPECT_GT(unit_interval(0U, float{}), 0.0F);
  EXPECT_LT(unit_interval(~0U, float{}), 1.0F);
  EXPECT_GT(unit_interval(0U, double{}), 0.0);
  EXPECT_LT(unit_interval(~0U, double{}), 1.0);
}

TEST(UnitInterval, FloatAndDoubleAgree) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint32_t word = rng_key{1}.block(i).word[0];
    EXPECT_NEAR(unit_interval(word, float{}), unit_interval(word, double{}), 0x1p-23);
  }
}

TEST(Bounded, StaysBelowItsBoundAndReachesEveryValue) {
  std::set<std::uint32_t> seen;
  for (std::uint64_t i = 0; i < 500; ++i) seen.insert(bounded(rng_key{2}.block(i).word[1], 7));

  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(*seen.rbegin(), 6U);
}

}  // namespace
}  // namespace flowkit
