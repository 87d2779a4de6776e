#include <flowkit/policy/chunk_splice.hpp>

#include "policy/example_policy.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using testing::matrix;

/// A chunk of which action i is `first + i`.
matrix<float> counting(index_t length, float first) {
  matrix<float> out(length, 1);
  for (index_t i = 0; i < length; ++i) out(i, 0) = first + static_cast<float>(i);
  return out;
}

bool insert(chunk_splice& s, matrix<float> chunk, index_t observed_at) {
  return s.insert(chunks<physical, const float>(chunk.view_of()), observed_at);
}

float next(chunk_splice& s, splice_source expected = splice_source::chunk) {
  float x = -1;
  EXPECT_EQ(s.next({&x, 1}), expected);
  return x;
}

TEST(chunk_splice, a_late_chunk_starts_at_the_index_already_consumed) {
  chunk_splice s(16, 1);
  ASSERT_TRUE(insert(s, counting(15, 0), 0));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(next(s), static_cast<float>(i));

  const index_t observed = s.consumed();      // the observation of the next chunk
  for (int i = 0; i < 3; ++i) (void)next(s);  // while it is computed
  ASSERT_TRUE(insert(s, counting(15, 100), observed));

  EXPECT_EQ(next(s), 103.0F);  // actions 100 .. 102 belong to moments that have passed
  EXPECT_EQ(s.consumed(), 8);
}

// A queue that skips by an estimated delay jumps when nothing has moved yet.
TEST(chunk_splice, a_robot_that_has_not_moved_skips_nothing) {
  chunk_splice s(16, 1);
  EXPECT_EQ(next(s, splice_source::nothing), -1.0F);
  EXPECT_EQ(next(s, splice_source::nothing), -1.0F);

  ASSERT_TRUE(insert(s, counting(15, 50), 0));

  EXPECT_EQ(next(s), 50.0F);
}

TEST(chunk_splice, holds_the_last_action_and_then_continues_where_the_plan_stopped) {
  chunk_splice s(4, 1);
  ASSERT_TRUE(insert(s, counting(2, 0), 0));
  (void)next(s);
  const index_t observed = s.consumed();
  (void)next(s);
  EXPECT_EQ(next(s, splice_source::held), 1.0F);
  EXPECT_EQ(next(s, splice_source::held), 1.0F);

  ASSERT_TRUE(insert(s, counting(4, 10), observed));

  EXPECT_EQ(next(s), 11.0F);
}

TEST(chunk_splice, keeps_the_plan_when_all_of_a_chunk_has_passed) {
  chunk_splice s(16, 1);
  ASSERT_TRUE(insert(s, counting(10, 0), 0));
  for (int i = 0; i < 5; ++i) (void)next(s);

  EXPECT_FALSE(insert(s, counting(5, 100), 0));

  EXPECT_EQ(next(s), 5.0F);
  EXPECT_EQ(s.left(), 4);
}

// For any sequence of delays the action of the k-th moment is entry k - observed of some chunk.
TEST(chunk_splice, never_repeats_nor_skips_a_moment) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 100; ++trial) {
    chunk_splice s(16, 1);
    ASSERT_TRUE(insert(s, counting(15, 0), 0));
    float moment = 0;
    for (int call = 0; call < 20; ++call) {
      const index_t observed = s.consumed();
      for (std::size_t delay = random() % 7; delay > 0; --delay) EXPECT_EQ(next(s), moment++);
      // Chunks that agree about the future: action = moment.
      ASSERT_TRUE(insert(s, counting(15, static_cast<float>(observed)), observed));
    }
  }
}

TEST(chunk_splice, refuses_what_does_not_fit) {
  chunk_splice s(4, 1);

  EXPECT_THROW(chunk_splice(0, 1), invalid_input);
  EXPECT_THROW(insert(s, counting(5, 0), 0), invalid_input);
  EXPECT_THROW(insert(s, counting(4, 0), 1), invalid_input) << "observed in the future";
  EXPECT_THROW(insert(s, matrix<float>(2, 2), 0), invalid_input);
  std::vector<float> wrong(2);
  EXPECT_THROW((void)s.next(wrong), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
