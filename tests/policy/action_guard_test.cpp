#include <flowkit/policy/action_guard.hpp>

#include "policy/example_policy.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using testing::matrix;
using testing::random_matrix;

guard_report apply(const action_guard& g, matrix<float>& a, std::vector<float> previous = {}) {
  return g.apply(chunks<physical, float>(a.view_of()), previous);
}

const guard_options limits{
    .lowest = {-1, -0.5}, .highest = {1, 0.7}, .largest_step = {0.1, 10}, .rest = {0, 0.1}};

TEST(action_guard, leaves_good_actions_alone) {
  const action_guard guard(2, {.lowest = {-2, -2}, .highest = {2, 2}});
  matrix<float> a = random_matrix(10, 2, 1);
  const std::vector<float> before = a.values;

  const guard_report report = apply(guard, a);

  EXPECT_EQ(a.values, before);
  EXPECT_FALSE(report.changed());
  EXPECT_EQ(report.checked, 20);
}

TEST(action_guard, counts_every_reason) {
  const action_guard guard(2, limits);
  matrix<float> a(3, 2);
  a.values = {0.05F, 3.0F, NAN, 0.7F, 0.9F, -INFINITY};

  const guard_report report = apply(guard, a);

  // 3 is cut to 0.7; NaN holds 0.05; 0.9 is too far from it; -infinity holds 0.7.
  const std::vector<float> expected{0.05F, 0.7F, 0.05F, 0.7F, 0.15F, 0.7F};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(a.values[i], expected[i]);
  EXPECT_EQ(report, (guard_report{6, 2, 1, 1}));
}

TEST(action_guard, rests_where_nothing_came_before) {
  const action_guard guard(2, limits);
  matrix<float> a(1, 2);
  a.values = {NAN, NAN};

  (void)apply(guard, a);

  EXPECT_EQ(a.values, (std::vector<float>{0, 0.1F}));
}

TEST(action_guard, limits_the_first_step_only_after_a_previous_action) {
  const action_guard guard(2, limits);
  matrix<float> fresh(1, 2);
  fresh.values = {0.8F, 0};
  matrix<float> later = fresh;

  EXPECT_FALSE(apply(guard, fresh).changed());
  EXPECT_EQ(apply(guard, later, {0, 0}).too_far, 1);
  EXPECT_LE(later(0, 0), 0.1F);
}

// Whatever comes in: finite, within bounds, no step too large, and a second look changes nothing.
TEST(action_guard, laws_hold_for_arbitrary_numbers) {
  const action_guard guard(2, limits);
  std::mt19937 engine(3);
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    matrix<float> a = random_matrix(12, 2, seed, seed % 2 == 0 ? 1.5F : 1e30F);
    for (float& x : a.values) {
      if (engine() % 9 == 0) x = engine() % 2 == 0 ? NAN : INFINITY;
    }
    const std::vector<float> previous{0.3F, -0.2F};

    (void)apply(guard, a, previous);

    for (index_t i = 0; i < 12; ++i) {
      for (index_t d = 0; d < 2; ++d) {
        const auto at = static_cast<std::size_t>(d);
        const double x = static_cast<double>(a(i, d));
        const double before = static_cast<double>(i > 0 ? a(i - 1, d) : previous[at]);
        ASSERT_TRUE(std::isfinite(x));
        ASSERT_GE(x, limits.lowest[at]);
        ASSERT_LE(x, limits.highest[at]);
        ASSERT_LE(std::abs(x - before), limits.largest_step[at]);
      }
    }
    const std::vector<float> once = a.values;
    EXPECT_FALSE(apply(guard, a, previous).changed());
    EXPECT_EQ(a.values, once);
  }
}

TEST(action_guard, refuses_limits_that_cannot_be_used) {
  const auto make = [](const guard_options& o) { return action_guard(2, o); };

  EXPECT_THROW(make({.lowest = {0}}), invalid_input);
  EXPECT_THROW(make({.lowest = {0, 1}, .highest = {1, 0}}), invalid_input);
  EXPECT_THROW(make({.largest_step = {1, 0}}), invalid_input);
  EXPECT_THROW(make({.highest = {NAN, 1}}), invalid_input);
  EXPECT_THROW(make({.rest = {INFINITY, 1}}), invalid_input);
  matrix<float> wrong(1, 3);
  const action_guard guard(2, {});
  EXPECT_THROW((void)apply(guard, wrong), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
