// Distributions of training times.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/time_sampling.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace flowkit {
namespace {

using B = eigen<double>;

static_assert(TimeSampler<uniform_time, B>);
static_assert(TimeSampler<logit_normal_time, B>);
static_assert(TimeSampler<fixed_time, B>);

std::vector<double> sorted_times(const auto& sampler, index_t count) {
  B be;
  std::vector<double> t(static_cast<std::size_t>(count));
  sampler.draw(be, view_of<B, 1>(t.data(), {count}), rng_key{5});
  std::sort(t.begin(), t.end());
  return t;
}

/// Largest distance between the empirical and the given distribution function.
double distance(const std::vector<double>& sorted, const auto& distribution) {
  double largest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double empirical = (static_cast<double>(i) + 0.5) / static_cast<double>(sorted.size());
    largest = std::max(largest, std::abs(empirical - distribution(sorted[i])));
  }
  return largest;
}

// Kolmogorov and Smirnov: with 20 000 draws the distance exceeds 0.0138 once in a thousand times;
// the key is fixed.
constexpr index_t draws = 20000;
constexpr double critical = 0.0138;

TEST(uniform_time, is_uniform_above_its_first_time) {
  const auto t = sorted_times(uniform_time{0.2}, draws);

  EXPECT_GT(t.front(), 0.2);
  EXPECT_LT(t.back(), 1);
  EXPECT_LT(distance(t, [](double x) { return (x - 0.2) / 0.8; }), critical);
}

TEST(logit_normal_time, has_a_normal_logit) {
  const logit_normal_time sampler{-0.4, 1.5};

  const auto t = sorted_times(sampler, draws);

  EXPECT_LT(distance(t,
                     [](double x) {
                       const double z = (std::log(x / (1 - x)) + 0.4) / 1.5;
                       return 0.5 * std::erfc(-z / std::sqrt(2.0));
                     }),
            critical);
}

TEST(fixed_time, is_the_same_for_all) {
  EXPECT_EQ(sorted_times(fixed_time{0.25}, 7), std::vector<double>(7, 0.25));
}

TEST(uniform_time, does_not_depend_on_the_number_of_samples) {
  B be;
  tensor<B, 1> few(be, {5});
  tensor<B, 1> many(be, {500});

  uniform_time{}.draw(be, few.view(), {3});
  uniform_time{}.draw(be, many.view(), {3});

  for (index_t i = 0; i < 5; ++i) EXPECT_EQ(few.view()(i), many.view()(i));
}

}  // namespace
}  // namespace flowkit
