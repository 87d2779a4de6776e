// Splits and epochs are permutations, and functions of their key.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/order.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

namespace flowkit::policy {
namespace {

TEST(split_episodes, puts_every_episode_on_one_side) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const episode_split split = split_episodes(50, 0.1, rng_key{seed});

    EXPECT_EQ(split.validation.size(), 5U);
    EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
    std::vector<index_t> all = split.train;
    all.insert(all.end(), split.validation.begin(), split.validation.end());
    std::sort(all.begin(), all.end());
    std::vector<index_t> expected(50);
    std::iota(expected.begin(), expected.end(), index_t{0});
    EXPECT_EQ(all, expected);
  }
}

TEST(split_episodes, depends_on_the_key_alone) {
  EXPECT_EQ(split_episodes(50, 0.2, rng_key{3}).validation,
            split_episodes(50, 0.2, rng_key{3}).validation);
  EXPECT_NE(split_episodes(50, 0.2, rng_key{3}).validation,
            split_episodes(50, 0.2, rng_key{4}).validation);
}

TEST(split_episodes, leaves_one_on_each_side_if_it_can) {
  EXPECT_EQ(split_episodes(10, 0.001, rng_key{}).validation.size(), 1U);
  EXPECT_EQ(split_episodes(10, 0.999, rng_key{}).train.size(), 1U);
  EXPECT_EQ(split_episodes(10, 0, rng_key{}).validation.size(), 0U);
  EXPECT_EQ(split_episodes(1, 0.5, rng_key{}).train.size(), 1U);
  EXPECT_THROW((void)split_episodes(10, 1, rng_key{}), invalid_input);
  EXPECT_THROW((void)split_episodes(10, -0.1, rng_key{}), invalid_input);
}

TEST(epoch_order, shows_no_window_twice_in_an_epoch) {
  epoch_order order(23, 5, rng_key{1});
  ASSERT_EQ(order.batches_per_epoch(), 4);

  for (index_t epoch = 0; epoch < 5; ++epoch) {
    std::vector<row_t> seen;
    for (index_t i = 0; i < 4; ++i) {
      const auto batch = order.batch(epoch * 4 + i);
      seen.insert(seen.end(), batch.begin(), batch.end());
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
    EXPECT_GE(seen.front(), 0);
    EXPECT_LT(seen.back(), 23);
  }
}

TEST(epoch_order, is_a_function_of_key_and_number) {
  epoch_order forward(23, 5, rng_key{1});
  epoch_order backward(23, 5, rng_key{1});
  std::vector<std::vector<row_t>> batches;
  for (index_t i = 0; i < 12; ++i) {
    const auto batch = forward.batch(i);
    batches.emplace_back(batch.begin(), batch.end());
  }

  for (index_t i = 12; i-- > 0;) {
    const auto batch = backward.batch(i);
    EXPECT_THAT(batch, ::testing::ElementsAreArray(batches[static_cast<std::size_t>(i)])) << i;
  }
  EXPECT_NE(batches[0], batches[4]);
  EXPECT_NE(forward.batch_key(0), forward.batch_key(1));
}

TEST(epoch_order, refuses_batches_that_cannot_be_filled) {
  EXPECT_THROW(epoch_order(4, 5, rng_key{}), invalid_input);
  EXPECT_THROW(epoch_order(4, 0, rng_key{}), invalid_input);
  EXPECT_THROW(epoch_order(index_t{1} << 31, 5, rng_key{}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
