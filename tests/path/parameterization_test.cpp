// Velocity, data and noise predictions say the same about a point of a path.
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/path/affine_path.hpp>
#include <flowkit/path/parameterization.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

template <class S>
class conversion : public ::testing::Test {
 protected:
  /// A path point with its three true predictions at time t.
  void sample(double t) {
    const auto times = testing::vector(be_, std::vector<double>{t, t});
    t_ = testing::vector(be_, std::vector<double>{t, t});
    affine_path<S>{}.sample(be_, times.view(), x0_.view(), x1_.view(), xt_.view(), ut_.view());
  }

  [[nodiscard]] const_view_of<backend, 2> truth(prediction p) const {
    if (p == prediction::velocity) return ut_.view();
    return p == prediction::data ? x1_.view() : x0_.view();
  }

  std::vector<double> converted(prediction from, prediction to) {
    tensor<backend, 2> out(be_, x0_.shape());
    convert_prediction(be_, S{}, {.from = from, .to = to}, std::as_const(t_).view(),
                       std::as_const(xt_).view(), truth(from), out.view());
    return host(out);
  }

  backend be_;
  tensor<backend, 1> t_;
  tensor<backend, 2> x0_ = matrix(be_, 2, std::vector<double>{1, -2, 0.5, 3});
  tensor<backend, 2> x1_ = matrix(be_, 2, std::vector<double>{0.25, 4, -3, 1});
  tensor<backend, 2> xt_{be_, {2, 2}};
  tensor<backend, 2> ut_{be_, {2, 2}};
};

using schedules = ::testing::Types<linear_schedule, cosine_schedule, variance_preserving_schedule>;
TYPED_TEST_SUITE(conversion, schedules);

constexpr prediction all[] = {prediction::velocity, prediction::data, prediction::noise};

// Divisors down to 0.01 multiply rounding of 1e-16 by at most 1e4 with the slopes involved.
TYPED_TEST(conversion, converts_every_prediction_to_every_other) {
  for (const double t : {0.02, 0.3, 0.7, 0.98}) {
    this->sample(t);
    for (const prediction from : all) {
      for (const prediction to : all) {
        const auto expected = host(this->truth(to));
        const auto actual = this->converted(from, to);
        for (std::size_t i = 0; i < 4; ++i) {
          EXPECT_NEAR(actual[i], expected[i], 1e-11 * std::max(1.0, std::abs(expected[i])))
              << "t = " << t << ", from " << static_cast<int>(from) << " to "
              << static_cast<int>(to);
        }
      }
    }
  }
}

TYPED_TEST(conversion, stays_finite_at_the_ends) {
  for (const double t : {0.0, 1.0}) {
    this->sample(t);
    for (const prediction from : all) {
      for (const prediction to : all) {
        for (const double v : this->converted(from, to)) EXPECT_TRUE(std::isfinite(v));
      }
    }
  }
}

TEST(convert_prediction, runs_schedules_of_users) {
  struct root_schedule {
    fn::path_coefficients<double> operator()(double t) const {
      return {t * t, 1 - t * t, 2 * t, -2 * t};
    }
    fn::path_coefficients<float> operator()(float t) const {
      return {t * t, 1 - t * t, 2 * t, -2 * t};
    }
  };
  backend be;
  const auto t = testing::vector(be, std::vector<double>{0.5});
  const auto xt = matrix(be, 1, std::vector<double>{0.25 * 8 + 0.75 * 4});
  const auto x1 = matrix(be, 1, std::vector<double>{8});
  tensor<backend, 2> out(be, xt.shape());

  convert_prediction(be, root_schedule{}, {.from = prediction::data, .to = prediction::noise},
                     t.view(), xt.view(), x1.view(), out.view());

  EXPECT_DOUBLE_EQ(out.view()(0, 0), 4);
}

TEST(convert_prediction, refuses_shapes_and_divisors_it_cannot_use) {
  backend be;
  const auto t = testing::vector(be, std::vector<double>{0.5, 0.5});
  const auto x = matrix(be, 1, std::vector<double>{1});
  tensor<backend, 2> out(be, x.shape());
  const auto one = testing::vector(be, std::vector<double>{0.5});

  const auto refusal = [&](const_view_of<backend, 1> times, double least) {
    return testing::message_of<invalid_input>([&] {
      convert_prediction(be, linear_schedule{}, {.least_divisor = least}, times, x.view(), x.view(),
                         out.view());
    });
  };

  EXPECT_THAT(refusal(t.view(), 1e-4), HasSubstr("and 2 times"));
  EXPECT_THAT(refusal(one.view(), 0), HasSubstr("least divisor 0"));
  EXPECT_THAT(refusal(one.view(), std::numeric_limits<double>::infinity()),
              HasSubstr("least divisor inf"));
}

// 0 in float, by which the missing end would be divided at t = 1.
TEST(convert_prediction, refuses_a_divisor_that_the_scalar_cannot_hold) {
  eigen<float> narrow;
  const auto t = testing::vector(narrow, std::vector<double>{1});
  const auto x = matrix(narrow, 1, std::vector<double>{1});
  tensor<eigen<float>, 2> out(narrow, x.shape());

  EXPECT_THAT(testing::message_of<invalid_input>([&] {
                convert_prediction(narrow, linear_schedule{}, {.least_divisor = 1e-60}, t.view(),
                                   x.view(), x.view(), out.view());
              }),
              HasSubstr("least divisor 1e-60 (0 in the backend's scalar)"));
}

}  // namespace
}  // namespace flowkit
