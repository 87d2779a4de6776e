// Estimates and tests against SciPy 1.17.1 and statsmodels 0.15.0, published examples and laws.
//
// Tolerance: 1e-9 relative to the values, which are of order 1. Both sides compute in double; the
// reference's own quantile functions are accurate to about 1e-12.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/intervals.hpp>
#include <flowkit/policy/evaluation/paired_outcomes.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace flowkit::policy {
namespace {

constexpr double tolerance = 1e-9;

void expect_interval(const interval& found, double low, double high) {
  EXPECT_NEAR(found.low, low, tolerance);
  EXPECT_NEAR(found.high, high, tolerance);
}

TEST(wilson_interval, agrees_with_statsmodels) {
  // proportion_confint(successes, trials, 0.05, "wilson"); the last with 0.01.
  expect_interval(wilson_interval({49, 50}), 0.8950455641036218, 0.9964607407283538);
  expect_interval(wilson_interval({35, 50}), 0.5624964953554659, 0.8089644649911905);
  expect_interval(wilson_interval({287, 300}), 0.9272825343659885, 0.9745035519155927);
  expect_interval(wilson_interval({1, 3}), 0.06149194472039626, 0.7923403991979523);
  expect_interval(wilson_interval({12, 40}, 0.99), 0.15327747087863428, 0.5036318145243994);
}

TEST(wilson_interval, ends_are_exact_where_nothing_or_everything_succeeds) {
  EXPECT_EQ(wilson_interval({0, 10}).low, 0);
  EXPECT_EQ(wilson_interval({10, 10}).high, 1);
  EXPECT_NEAR(wilson_interval({0, 10}).high, 0.27753279986288926, tolerance);
  EXPECT_EQ(wilson_interval({0, 0}), (interval{0, 1}));
}

TEST(wilson_interval, failures_mirror_successes_and_more_trials_narrow_it) {
  for (index_t k = 0; k <= 20; ++k) {
    const interval of_successes = wilson_interval({k, 20});
    const interval of_failures = wilson_interval({20 - k, 20});
    const interval of_more = wilson_interval({10 * k, 200});

    EXPECT_NEAR(of_successes.low, 1 - of_failures.high, 1e-14);  // a few roundings
    EXPECT_LT(of_more.high - of_more.low, of_successes.high - of_successes.low);
    EXPECT_GE(of_successes.low, 0);
    EXPECT_LE(of_successes.high, 1);
  }
}

TEST(wilson_interval, impossible_counts_are_refused) {
  EXPECT_THROW((void)wilson_interval({3, 2}), invalid_input);
  EXPECT_THROW((void)wilson_interval({-1, 2}), invalid_input);
  EXPECT_THROW((void)wilson_interval({1, 2}, 1), invalid_input);
  EXPECT_THROW((void)wilson_interval({1, 2}, std::nan("")), invalid_input);
}

TEST(normal_quantile, agrees_with_scipy) {  // norm.ppf
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, tolerance);
  EXPECT_NEAR(normal_quantile(0.995), 2.5758293035489004, tolerance);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, tolerance);
  EXPECT_EQ(normal_quantile(0.5), 0);
}

TEST(student_quantile, agrees_with_scipy) {                           // t.ppf
  EXPECT_NEAR(student_quantile(0.975, 1), 12.706204736174694, 1e-8);  // tan amplifies rounding
  EXPECT_NEAR(student_quantile(0.975, 2), 4.302652729749462, tolerance);
  EXPECT_NEAR(student_quantile(0.975, 3), 3.1824463052837078, tolerance);
  EXPECT_NEAR(student_quantile(0.995, 9), 3.249835541592126, tolerance);
  EXPECT_NEAR(student_quantile(0.05, 30), -1.6972608865939574, tolerance);
  EXPECT_NEAR(student_quantile(0.975, 299), 1.9679296690656698, tolerance);
  EXPECT_NEAR(student_quantile(0.975, 10'000), 1.960201239890626, tolerance);
}

TEST(student_quantile, is_normal_with_very_many_degrees_of_freedom) {
  EXPECT_EQ(student_quantile(0.975, 1'000'000), normal_quantile(0.975));
}

TEST(quantiles_of_distributions, what_does_not_exist_is_refused) {
  EXPECT_THROW((void)normal_quantile(0), invalid_input);
  EXPECT_THROW((void)student_quantile(1, 3), invalid_input);
  EXPECT_THROW((void)student_quantile(0.9, 0), invalid_input);
}

TEST(estimate_mean, agrees_with_scipy) {
  const std::array<double, 3> values{0.91, 0.94, 0.955};

  const mean_estimate found = estimate_mean(values);

  EXPECT_EQ(found.count, 3);
  EXPECT_NEAR(found.mean, 0.935, tolerance);
  EXPECT_NEAR(found.deviation, 0.022912878474779158, tolerance);
  expect_interval(found.range, 0.8780812544960488, 0.9919187455039513);
}

TEST(estimate_mean, one_value_has_no_spread_and_none_no_mean) {
  const std::array<double, 1> one{3};

  EXPECT_EQ(estimate_mean(one).mean, 3);
  EXPECT_TRUE(std::isnan(estimate_mean(one).range.low));
  EXPECT_TRUE(std::isnan(estimate_mean({}).mean));
}

TEST(estimate_mean, what_is_not_finite_is_refused) {
  const std::array<double, 2> values{1, std::numeric_limits<double>::infinity()};

  EXPECT_THROW((void)estimate_mean(values), invalid_input);
}

TEST(mcnemar_exact, agrees_with_statsmodels) {  // mcnemar(table, exact=True)
  const auto p = [](index_t b, index_t c) { return mcnemar_exact({10, b, c, 10}); };

  EXPECT_NEAR(p(9, 2), 0.0654296875, tolerance);
  EXPECT_NEAR(p(12, 9), 0.6636238098144531, tolerance);
  EXPECT_NEAR(p(0, 5), 0.0625, tolerance);
  EXPECT_NEAR(p(5, 5), 1, tolerance);
  EXPECT_NEAR(p(100, 140), 0.01166409231767769, tolerance);
  EXPECT_NEAR(p(600, 700), 0.0060157938610449395, tolerance);  // 2^-1300 alone would be zero
  EXPECT_EQ(p(0, 0), 1);
}

TEST(newcombe_interval, agrees_with_published_examples) {
  // Fagerland, Lydersen, Laake (2014), airway hyper-responsiveness: -0.507 to -0.026.
  expect_interval(newcombe_interval({1, 1, 7, 12}), -0.506920226686141, -0.02555912416485978);
  // Newcombe (1998): 0.0569 to 0.3404.
  expect_interval(newcombe_interval({36, 12, 2, 0}), 0.05692958400323869, 0.3404276029749407);
}

TEST(newcombe_interval, agrees_with_the_formula_over_wilson_intervals_of_statsmodels) {
  expect_interval(newcombe_interval({270, 9, 13, 8}), -0.04682643268582724, 0.019160438851767173);
  expect_interval(newcombe_interval({20, 0, 0, 0}), -0.16112515805281935, 0.16112515805281935);
  expect_interval(newcombe_interval({5, 3, 3, 1}), -0.3574642753264996, 0.3574642753264996);
}

TEST(newcombe_interval, exchanging_the_methods_changes_the_sign) {
  const interval forth = newcombe_interval({40, 7, 2, 1});
  const interval back = newcombe_interval({40, 2, 7, 1});

  EXPECT_NEAR(forth.low, -back.high, 1e-14);
  EXPECT_NEAR(forth.high, -back.low, 1e-14);
  EXPECT_DOUBLE_EQ((paired_outcomes{40, 7, 2, 1}.difference()), 0.1);
}

TEST(newcombe_interval, odd_input_is_answered_or_refused) {
  EXPECT_EQ(newcombe_interval({}), (interval{-1, 1}));
  EXPECT_THROW((void)newcombe_interval({1, -1, 0, 0}), invalid_input);
  EXPECT_THROW((void)sign_test(-1, 0), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
