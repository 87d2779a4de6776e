// Distributions of training times.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/time_sampling.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace flowkit {
namespace {

using B = eigen<double>;
using ::testing::HasSubstr;

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

/// What drawing from this distribution is refused with.
std::string refusal(const auto& sampler) {
  return testing::message_of<invalid_input>([&] { (void)sorted_times(sampler, 3); });
}

TEST(time_samplers, refuse_what_gives_no_time_between_noise_and_data) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();

  EXPECT_THAT(refusal(uniform_time{-0.25}), HasSubstr("uniform times from -0.25"));
  EXPECT_THAT(refusal(uniform_time{1}), HasSubstr("uniform times from 1 to 1"));
  EXPECT_THAT(refusal(uniform_time{nan}), HasSubstr("uniform times from nan"));
  EXPECT_THAT(refusal(logit_normal_time{0.5, -2}), HasSubstr("mean 0.5 and deviation -2"));
  EXPECT_THAT(refusal(logit_normal_time{0.5, infinity}), HasSubstr("deviation inf"));
  EXPECT_THAT(refusal(logit_normal_time{nan, 1}), HasSubstr("mean nan"));
  EXPECT_THAT(refusal(fixed_time{1.25}), HasSubstr("at time 1.25"));
  EXPECT_THAT(refusal(fixed_time{-0.5}), HasSubstr("at time -0.5"));
  EXPECT_THAT(refusal(fixed_time{nan}), HasSubstr("at time nan"));
}

TEST(time_samplers, refuse_what_the_scalar_cannot_hold) {
  eigen<float> be;
  tensor<eigen<float>, 1> t(be, extents<1>{3});

  EXPECT_THAT(testing::message_of<invalid_input>([&] {
                logit_normal_time{0, 1e300}.draw(be, t.view(), rng_key{1});
              }),
              HasSubstr("deviation 1e+300 (inf in the backend's scalar)"));
}

TEST(time_samplers, take_the_ends_of_what_is_allowed) {
  EXPECT_GE(sorted_times(uniform_time{0}, 100).front(), 0);
  EXPECT_EQ(sorted_times(logit_normal_time{0, 0}, 2), std::vector<double>(2, 0.5));
  EXPECT_EQ(sorted_times(fixed_time{0}, 1), std::vector<double>{0});
  EXPECT_EQ(sorted_times(fixed_time{1}, 1), std::vector<double>{1});
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
