// Laws of schedules: end points and derivatives.
#include <flowkit/fn/dual.hpp>
#include <flowkit/path/concepts.hpp>
#include <flowkit/path/schedule.hpp>

#include <gtest/gtest.h>

#include "support/files.hpp"

#include <limits>
#include <vector>

namespace flowkit {
namespace {

/// alpha = t^2, sigma = 1 - t^2: what a user may write.
struct quadratic_schedule {
  template <class V>
  fn::path_coefficients<V> operator()(V t) const {
    return {t * t, 1 - t * t, 2 * t, -2 * t};
  }
};

/// The coefficients without their derivatives, which velocities need.
struct coefficients_alone {
  struct pair {
    double alpha;
    double sigma;
  };
  pair operator()(double t) const { return {t, 1 - t}; }
};
static_assert(!Schedule<coefficients_alone>);

/// In double only: batches in float have times in float.
struct schedule_in_double {
  fn::path_coefficients<double> operator()(double t) const { return {t, 1 - t, 1, -1}; }
};
static_assert(!Schedule<schedule_in_double>);

/// Kernels copy a schedule to the device byte by byte, which a table on the heap does not survive.
struct schedule_with_table : quadratic_schedule {
  std::vector<double> table;
};
static_assert(!Schedule<schedule_with_table>);

template <class S>
class schedule_law : public ::testing::Test {};
using schedules = ::testing::Types<linear_schedule, cosine_schedule, variance_preserving_schedule,
                                   quadratic_schedule>;
TYPED_TEST_SUITE(schedule_law, schedules);

TYPED_TEST(schedule_law, goes_from_noise_to_data) {
  static_assert(Schedule<TypeParam>);
  // A diffusion never forgets the data completely: exp(-(0.1 + 20) / 4) of it is left.
  const bool diffusion = std::same_as<TypeParam, variance_preserving_schedule>;
  const double left = diffusion ? std::exp(-5.025) : 0;

  const auto noise = TypeParam{}(0.0);
  const auto data = TypeParam{}(1.0);

  EXPECT_NEAR(noise.alpha, left, 1e-15);
  EXPECT_NEAR(noise.sigma, std::sqrt(1 - left * left), 1e-15);
  EXPECT_NEAR(data.alpha, 1, 1e-15);
  EXPECT_NEAR(data.sigma, 0, 1e-15);
}

// Central differences of step 1e-6: relative to the slopes, which grow towards t = 1 for the
// diffusion.
TYPED_TEST(schedule_law, knows_its_derivatives) {
  const TypeParam s{};
  const double h = 1e-6;
  for (const double t : {0.01, 0.2, 0.5, 0.9, 0.99}) {
    const auto c = s(t);
    const double d_alpha = (s(t + h).alpha - s(t - h).alpha) / (2 * h);
    const double d_sigma = (s(t + h).sigma - s(t - h).sigma) / (2 * h);

    EXPECT_NEAR(c.d_alpha, d_alpha, 1e-7 * std::max(1.0, std::abs(d_alpha))) << "t = " << t;
    EXPECT_NEAR(c.d_sigma, d_sigma, 1e-7 * std::max(1.0, std::abs(d_sigma))) << "t = " << t;
  }
}

TEST(variance_preserving_schedule, preserves_the_variance) {
  const variance_preserving_schedule s(0.1, 20);
  for (const double t : {0.0, 0.3, 0.9, 0.9999999}) {
    const auto c = s(t);
    EXPECT_NEAR(c.alpha * c.alpha + c.sigma * c.sigma, 1, 1e-15);
  }
}

// sigma^2 = 1 - exp(-0.1 s - 9.95 s^2), s = 1 - t: a difference of near numbers if taken so.
TEST(variance_preserving_schedule, is_exact_near_the_data) {
  const double s = 1e-9;
  const double exponent = 0.1 * s + 9.95 * s * s;

  EXPECT_NEAR(variance_preserving_schedule{}(1 - s).sigma / std::sqrt(exponent), 1, 1e-6);
  EXPECT_TRUE(std::isfinite(variance_preserving_schedule{}(1.0).d_sigma));
}

TEST(variance_preserving_schedule, refuses_rates_that_are_none) {
  EXPECT_THROW(variance_preserving_schedule(0, 20), invalid_input);
  EXPECT_THROW(variance_preserving_schedule(1, 0.5), invalid_input);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message =
      testing::message_of<invalid_input>([&] { variance_preserving_schedule(0.1, infinity); });
  EXPECT_NE(message.find("rates 0.1 to inf"), std::string::npos) << message;
}

TEST(variance_preserving_schedule, refuses_rates_that_a_scalar_cannot_hold) {
  const variance_preserving_schedule large(1e200, 1e300);
  const variance_preserving_schedule small(1e-60, 20);
  const auto refusal = [](const variance_preserving_schedule& s) {
    return testing::message_of<invalid_input>([&] { (void)s.in<float>(); });
  };

  EXPECT_TRUE(std::isfinite(large(0.5).d_sigma));
  EXPECT_NE(refusal(large).find("rates 1e+200 (inf in the backend's scalar)"), std::string::npos);
  EXPECT_NE(refusal(small).find("rates 1e-60 (0 in the backend's scalar)"), std::string::npos);
  EXPECT_THROW((void)large(0.5F), invalid_input);
}

}  // namespace
}  // namespace flowkit
