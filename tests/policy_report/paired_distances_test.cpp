// Rank tests and quantiles against SciPy 1.17.1 and NumPy 2.4.6, by brute force, and by laws.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/paired_distances.hpp>
#include <flowkit/policy/evaluation/quantiles.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numeric>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;

constexpr double tolerance = 1e-9;  // both sides sum up to 10^4 terms of order 1 in double

constexpr std::array<double, 10> few{0.5, -1.1, 2.3, 3.0, -0.2, 4.1, 1.7, 0.9, -2.6, 5.2};
constexpr std::array<double, 12> tied{1, 1, -1, 2, 2, 3, -3, 4, 0, 5, 5, -2};

std::vector<double> wave(int count) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(std::sin(i * 1.7) + 0.1 + 1e-3 * std::cos(i));
  return out;
}

TEST(wilcoxon_signed_rank, agrees_with_scipy) {  // stats.wilcoxon
  EXPECT_NEAR(wilcoxon_signed_rank(few), 0.130859375, tolerance);
  EXPECT_NEAR(wilcoxon_signed_rank(few, rank_test_method::normal), 0.11412832776223863, tolerance);
  EXPECT_NEAR(wilcoxon_signed_rank(tied, rank_test_method::normal), 0.09832311157940572, tolerance);
  EXPECT_NEAR(wilcoxon_signed_rank(wave(60)), 0.20308239623522373, tolerance);
  EXPECT_NEAR(wilcoxon_signed_rank(wave(300)), 0.004405734153606616, tolerance);
}

TEST(wilcoxon_signed_rank, is_exact_with_ties) {
  // 117 of the 2^11 assignments of signs to the midranks have so small a rank sum.
  EXPECT_NEAR(wilcoxon_signed_rank(tied), 2 * 117 / 2048.0, 1e-14);
}

TEST(wilcoxon_signed_rank, exact_and_normal_meet_for_many_pairs) {
  const std::vector<double> differences = wave(200);

  const double exact = wilcoxon_signed_rank(differences, rank_test_method::exact);

  // The error of the normal approximation is of order 1/n.
  EXPECT_NEAR(exact, wilcoxon_signed_rank(differences, rank_test_method::normal), 1 / 200.0);
}

TEST(wilcoxon_signed_rank, signs_and_scales_do_not_matter) {
  std::vector<double> other(few.begin(), few.end());
  for (double& value : other) value *= -7;

  EXPECT_DOUBLE_EQ(wilcoxon_signed_rank(other), wilcoxon_signed_rank(few));
}

TEST(wilcoxon_signed_rank, odd_input_is_answered_or_refused) {
  const std::array<double, 3> zeros{};
  const std::array<double, 1> broken{std::nan("")};

  EXPECT_EQ(wilcoxon_signed_rank(zeros), 1);
  EXPECT_EQ(wilcoxon_signed_rank({}), 1);
  EXPECT_THROW((void)wilcoxon_signed_rank(broken), invalid_input);
  EXPECT_THROW((void)wilcoxon_signed_rank(wave(1001), rank_test_method::exact), invalid_input);
}

TEST(compare_distances, counts_and_measures_by_pair) {
  const std::array<double, 4> first{1, 2, 3, 5};
  const std::array<double, 4> second{2, 3, 3, 4};

  const paired_distances found = compare_distances(first, second);

  EXPECT_EQ(found.units, 4);
  EXPECT_EQ(found.first_closer, 2);
  EXPECT_EQ(found.second_closer, 1);
  EXPECT_DOUBLE_EQ(found.difference.mean, -0.25);
  EXPECT_DOUBLE_EQ(found.sign_p, 1);      // 2 against 1: P(at most 1 of 3) = 1/2, twice
  EXPECT_DOUBLE_EQ(found.wilcoxon_p, 1);  // equal ranks: the same coin
  EXPECT_THROW((void)compare_distances(first, std::span(second).first(3)), invalid_input);
}

TEST(group_means, windows_of_one_episode_become_one_unit) {
  const std::array<double, 5> values{1, 10, 3, 30, 5};
  const std::array<index_t, 5> groups{4, 2, 4, 2, 4};

  EXPECT_THAT(group_means(values, groups), ElementsAre(20, 3));
  EXPECT_THAT(group_means(values, {}), ElementsAre(1, 10, 3, 30, 5));
  EXPECT_THROW((void)group_means(values, std::span(groups).first(4)), invalid_input);
}

TEST(quantile, agrees_with_numpy) {  // np.quantile, its default definition
  const std::array<double, 7> x{3.1, 2.9, 3.3, 2.8, 10.0, 3.0, 3.2};

  EXPECT_EQ(quantile(x, 0), 2.8);
  EXPECT_NEAR(quantile(x, 0.25), 2.95, tolerance);
  EXPECT_NEAR(quantile(x, 0.5), 3.1, tolerance);
  EXPECT_NEAR(quantile(x, 0.9), 5.98, tolerance);
  EXPECT_NEAR(quantile(x, 0.99), 9.598, tolerance);
  EXPECT_EQ(quantile(x, 1), 10);
  EXPECT_THROW((void)quantile(x, 1.5), invalid_input);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(summarize_latency, agrees_with_numpy) {
  std::array<double, 100> samples{};
  std::iota(samples.rbegin(), samples.rend(), 1.0);

  const latency_summary found = summarize_latency(samples);

  EXPECT_EQ(found.samples, 100);
  EXPECT_NEAR(found.mean, 50.5, tolerance);
  EXPECT_NEAR(found.p50, 50.5, tolerance);
  EXPECT_NEAR(found.p90, 90.1, tolerance);
  EXPECT_NEAR(found.p99, 99.01, tolerance);
  EXPECT_EQ(found.maximum, 100);
}

TEST(summarize_latency, impossible_samples_are_refused) {
  const std::array<double, 2> backwards{1, -1};
  const std::array<double, 2> endless{1, std::numeric_limits<double>::infinity()};

  EXPECT_THROW((void)summarize_latency(backwards), invalid_input);
  EXPECT_THROW((void)summarize_latency(endless), invalid_input);
  EXPECT_TRUE(std::isnan(summarize_latency({}).p50));
}

}  // namespace
}  // namespace flowkit::policy
