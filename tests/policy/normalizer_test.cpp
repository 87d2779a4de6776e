#include <flowkit/policy/normalizer.hpp>

#include "policy/example_policy.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using ::testing::HasSubstr;
using testing::matrix;
using testing::random_matrix;

static_assert(!std::is_assignable_v<chunks<normalized, float>&, chunks<physical, float>>);
static_assert(!std::is_assignable_v<chunks<physical, float>&, states<physical, float>>);
static_assert(!std::is_convertible_v<view<float, 2, host_space>, chunks<physical, float>>);
static_assert(std::is_convertible_v<chunks<physical, float>, chunks<physical, const float>>);
static_assert(!std::is_default_constructible_v<normalizer<action_kind>>);
static_assert(!std::is_default_constructible_v<policy_manifest>);

column_statistics statistics_of(matrix<float>& rows, index_t dimensions) {
  running_statistics s(dimensions);
  s.add(states<physical, float>(rows.view_of()));
  return s.result();
}

matrix<float> normalize(const normalizer<state_kind>& n, matrix<float> rows,
                        range_counter* counter = nullptr) {
  matrix<float> out(rows.shape[0], rows.shape[1]);
  n.normalize(states<physical, const float>(rows.view_of()),
              states<normalized, float>(out.view_of()), counter);
  return out;
}

matrix<float> denormalize(const normalizer<state_kind>& n, matrix<float> rows) {
  matrix<float> out(rows.shape[0], rows.shape[1]);
  n.denormalize(states<normalized, const float>(rows.view_of()),
                states<physical, float>(out.view_of()));
  return out;
}

TEST(running_statistics, agree_with_two_passes_however_rows_are_cut) {
  matrix<float> rows = random_matrix(40, 3, 1);
  for (float& x : rows.values) x += 1000;  // a large mean, which naive sums of squares cancel

  const column_statistics whole = statistics_of(rows, 3);
  running_statistics pieces(3);
  for (index_t i = 0; i < 40; i += 10) {
    // Ten rows as five windows of two observations.
    pieces.add(states<physical, float>({rows.values.data() + 3 * i, extents<2>{5, 6}}));
  }

  EXPECT_EQ(pieces.result(), whole);
  for (index_t d = 0; d < 3; ++d) {
    double mean = 0;
    double square = 0;
    for (index_t i = 0; i < 40; ++i) mean += static_cast<double>(rows(i, d)) / 40;
    for (index_t i = 0; i < 40; ++i) square += std::pow(static_cast<double>(rows(i, d)) - mean, 2);
    const auto at = static_cast<std::size_t>(d);
    // Rounding of sums of 40 numbers of size 1000 in double.
    EXPECT_NEAR(whole.mean[at], mean, 1e-10);
    EXPECT_NEAR(whole.deviation[at], std::sqrt(square / 40), 1e-10);
  }
}

TEST(running_statistics, refuse_numbers_that_are_none_and_empty_data) {
  matrix<float> rows = random_matrix(4, 2, 1);
  rows(2, 1) = NAN;
  running_statistics s(2);

  EXPECT_THAT(flowkit::testing::message_of<invalid_input>(
                  [&] { s.add(states<physical, float>(rows.view_of())); }),
              HasSubstr("row 2, dimension 1 is nan"));
  rows(2, 1) = -1e38F;
  EXPECT_THAT(flowkit::testing::message_of<invalid_input>(
                  [&] { s.add(states<physical, float>(rows.view_of())); }),
              HasSubstr("row 2, dimension 1 is -1e+38"));
  EXPECT_THROW((void)running_statistics(2).result(), invalid_input);
  EXPECT_NO_THROW((void)running_statistics(0).result());
}

/// The laws hold for every rule and for data of any scale.
class every_rule : public ::testing::TestWithParam<scaling> {};

TEST_P(every_rule, the_inverse_is_exact_on_the_data_up_to_rounding) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const float scale = std::pow(10.0F, static_cast<float>(seed % 9) - 4);
    matrix<float> rows = random_matrix(20, 4, seed, scale);
    for (index_t i = 0; i < 20; ++i) rows(i, 1) = 7 * scale;                   // constant
    for (index_t i = 0; i < 20; ++i) rows(i, 2) = scale + 1e-4F * rows(i, 2);  // nearly
    const normalizer<state_kind> n(statistics_of(rows, 4), {.rules = {GetParam()}, .margin = 1.5});

    matrix<float> there = normalize(n, rows);
    matrix<float> back = denormalize(n, there);

    for (std::size_t i = 0; i < rows.values.size(); ++i) {
      ASSERT_TRUE(std::isfinite(there.values[i]));
      // One rounding of the normalised value (at most 4 deviations here), times the scale.
      EXPECT_NEAR(back.values[i], rows.values[i], 8e-7 * static_cast<double>(scale));
    }
    for (index_t i = 0; i < 20; ++i) EXPECT_EQ(back(i, 1), rows(i, 1)) << "constant dimension";
  }
}

TEST_P(every_rule, the_data_are_never_outside_nor_clipped) {
  matrix<float> rows = random_matrix(200, 5, 3, 0.37F);
  const normalizer<state_kind> n(statistics_of(rows, 5), {.rules = {GetParam()}, .margin = 1});

  range_counter counter;
  (void)normalize(n, rows, &counter);

  EXPECT_EQ(counter.rows, 200);
  EXPECT_EQ(counter.outside, 0);
  EXPECT_EQ(counter.clipped, 0);
}

INSTANTIATE_TEST_SUITE_P(normalizer, every_rule,
                         ::testing::Values(scaling::limits, scaling::gaussian, scaling::identity),
                         [](const auto& one) { return std::string(to_text(one.param)); });

TEST(normalizer, limits_reach_one_and_gaussian_has_unit_deviation) {
  matrix<float> rows = random_matrix(100, 2, 4, 5);
  const column_statistics s = statistics_of(rows, 2);

  matrix<float> limits = normalize(normalizer<state_kind>(s), rows);
  matrix<float> gaussian =
      normalize(normalizer<state_kind>(s, {.rules = {scaling::gaussian}}), rows);

  EXPECT_EQ(*std::max_element(limits.values.begin(), limits.values.end()), 1);
  EXPECT_EQ(*std::min_element(limits.values.begin(), limits.values.end()), -1);
  double square = 0;
  for (const float y : gaussian.values) square += static_cast<double>(y * y) / 200;
  EXPECT_NEAR(square, 1, 1e-5);  // rounding of float
}

TEST(normalizer, does_not_depend_on_the_unit_of_the_data) {
  matrix<float> metres = random_matrix(30, 3, 5);
  for (index_t i = 0; i < 30; ++i) metres(i, 2) *= 1e-3F;  // nearly constant
  matrix<float> powers = metres;
  for (float& x : powers.values) x *= 1024;  // exact in binary

  const normalizer<state_kind> a(statistics_of(metres, 3));
  const normalizer<state_kind> b(statistics_of(powers, 3));

  EXPECT_TRUE(a.nearly_constant(2));
  EXPECT_TRUE(b.nearly_constant(2));
  EXPECT_EQ(normalize(a, metres).values, normalize(b, powers).values);
}

// A dimension that moved by 0.001 in the demonstrations and by 0.2 at a new start would be scaled
// to 200 by its own range.
TEST(normalizer, new_starts_stay_small_and_are_counted) {
  matrix<float> rows = random_matrix(50, 4, 6, 0.3F);
  for (index_t i = 0; i < 50; ++i) rows(i, 3) = 0.9F + 0.001F * rows(i, 3);
  const normalizer<state_kind> n(statistics_of(rows, 4), state_normalization());
  matrix<float> starts(3, 4);
  starts(0, 3) = 0.9F;  // as demonstrated
  starts(1, 3) = 1.1F;  // the new start
  starts(2, 3) = 0.9F;
  starts(2, 0) = 9;  // a lost object

  range_counter counter;
  matrix<float> y = normalize(n, starts, &counter);

  EXPECT_TRUE(n.nearly_constant(3));
  EXPECT_FALSE(n.nearly_constant(0));
  EXPECT_NEAR(y(1, 3), 0.2 / 0.3, 0.05);  // relative to the scale of the others
  EXPECT_FLOAT_EQ(y(2, 0), 1.5F);
  for (const float v : y.values) EXPECT_LE(std::abs(v), 1.5001F);
  EXPECT_EQ(counter.rows, 3);
  EXPECT_EQ(counter.outside, 1);
  EXPECT_EQ(counter.clipped, 1);
}

TEST(normalizer, errors_of_a_network_do_not_move_constant_dimensions) {
  matrix<float> rows = random_matrix(50, 2, 7);
  for (index_t i = 0; i < 50; ++i) rows(i, 1) = 0.25F;
  const normalizer<state_kind> n(statistics_of(rows, 2));
  matrix<float> predicted(1, 2);
  predicted(0, 0) = 1.2F;
  predicted(0, 1) = 0.4F;

  matrix<float> x = denormalize(n, predicted);

  EXPECT_EQ(x(0, 1), 0.25F);
  EXPECT_GT(x(0, 0), 1.0F);  // moving dimensions extrapolate: the guard bounds them
}

TEST(normalizer, of_constant_data_is_finite_both_ways) {
  matrix<float> rows(5, 2);
  rows.values.assign(10, 3.0F);
  const normalizer<state_kind> n(statistics_of(rows, 2));

  EXPECT_EQ(normalize(n, rows).values, std::vector<float>(10, 0.0F));
  EXPECT_EQ(denormalize(n, matrix<float>(5, 2)).values, rows.values);
}

TEST(normalizer, mixes_rules_by_dimension) {
  matrix<float> rows = random_matrix(50, 2, 8, 4);
  const normalizer<state_kind> n(statistics_of(rows, 2),
                                 {.rules = {scaling::limits, scaling::identity}});

  matrix<float> y = normalize(n, rows);

  for (index_t i = 0; i < 50; ++i) EXPECT_EQ(y(i, 1), rows(i, 1));
}

TEST(normalizer, refuses_what_cannot_be_used) {
  matrix<float> rows = random_matrix(5, 2, 9);
  const column_statistics s = statistics_of(rows, 2);
  column_statistics damaged = s;
  damaged.maximum[1] = -INFINITY;
  const auto make = [](const column_statistics& c, const normalizer_options& o) {
    return normalizer<state_kind>(c, o);
  };

  EXPECT_THROW(make(s, {.rules = std::vector<scaling>(3)}), invalid_input);
  EXPECT_THROW(make(s, {.nearly_constant = 1}), invalid_input);
  EXPECT_THROW(make(s, {.margin = 0.5}), invalid_input);
  EXPECT_THROW(make(s, {.margin = NAN}), invalid_input);
  EXPECT_THROW(make(damaged, {}), invalid_input);
  EXPECT_THROW((void)normalize(make(s, {}), random_matrix(5, 3, 1)), invalid_input);
}

// Extremes of files: no infinity and no NaN comes out of finite statistics.
TEST(normalizer, survives_extreme_statistics) {
  column_statistics s{.count = 2,
                      .minimum = {-1.7e308, 0},
                      .maximum = {1.7e308, 5e-324},
                      .mean = {0, 0},
                      .deviation = {1e308, 0}};
  const normalizer<state_kind> n(s, state_normalization());

  for (const float y : normalize(n, random_matrix(4, 2, 1)).values) EXPECT_TRUE(std::isfinite(y));
}

}  // namespace
}  // namespace flowkit::policy
