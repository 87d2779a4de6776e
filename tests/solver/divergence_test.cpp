// Divergence: exact against paper, estimated against exact.
#include "ode_problems.hpp"

#include <flowkit/solver/divergence.hpp>

namespace flowkit {
namespace {

using backend = eigen<double>;
using testing::host;
using testing::matrix;

/// div = 2 x y + cos(t) - sin z
constexpr auto formula = [](auto t, auto p) {
  using std::cos;
  return point{p[0] * p[0] * p[1], cos(t) * p[1] + p[2], cos(p[2])};
};
double exact(double t, double x, double y, double z) {
  return 2 * x * y + std::cos(t) - std::sin(z);
}

class divergence : public ::testing::Test {
 protected:
  backend be_;
  workspace<backend> ws_{be_};
  std::vector<double> x0_{1, 2, 3, -0.5, 0.25, 1};
  tensor<backend, 2> x_ = matrix(be_, 2, x0_);
  tensor<backend, 1> t_ = testing::vector(be_, std::vector<double>{0.3, 0.8});
  tensor<backend, 2> dx_{be_, {2, 3}};
  tensor<backend, 1> out_{be_, {2}};
};

using field_type = decltype(analytic_field<3>(formula));
static_assert(Divergence<exact_divergence, field_type, backend>);
static_assert(Divergence<hutchinson<backend>, field_type, backend>);
static_assert(!Divergence<exact_divergence, testing::archetype_field, backend>);

TEST_F(divergence, is_the_trace_of_the_jacobian) {
  auto field = analytic_field<3>(formula);

  exact_divergence{}(be_, field, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view(),
                     out_.view(), ws_);

  EXPECT_NEAR(out_.view()(0), exact(0.3, 1, 2, 3), 1e-14);
  EXPECT_NEAR(out_.view()(1), exact(0.8, -0.5, 0.25, 1), 1e-14);
  EXPECT_NEAR(dx_.view()(0, 0), 2, 1e-14) << "the velocity comes with it";
}

// The estimate is unbiased; with 20 000 probes the standard error is below 0.02 for these
// Jacobians, and 0.1 is five of it.
TEST_F(divergence, is_what_random_probes_average) {
  auto field = analytic_field<3>(formula);
  for (const probe draw : {probe::signs, probe::normal}) {
    const hutchinson estimate(be_, x_.shape(), rng_key{7}, {.probes = 20000, .draw = draw});

    estimate(be_, field, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view(),
             out_.view(), ws_);

    EXPECT_NEAR(out_.view()(0), exact(0.3, 1, 2, 3), 0.1);
    EXPECT_NEAR(out_.view()(1), exact(0.8, -0.5, 0.25, 1), 0.1);
  }
}

TEST_F(divergence, by_signs_is_exact_for_a_diagonal_jacobian) {
  auto field = analytic_field<3>([](auto, auto p) {
    return point{2 * p[0], -3 * p[1], p[2] * p[2]};
  });
  const hutchinson estimate(be_, x_.shape(), rng_key{1});

  estimate(be_, field, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view(), out_.view(),
           ws_);

  EXPECT_NEAR(out_.view()(0), 2 - 3 + 6, 1e-14);
}

TEST_F(divergence, probes_stay_with_their_samples) {
  auto field = analytic_field<3>(formula);
  hutchinson estimate(be_, x_.shape(), rng_key{5}, {.probes = 2});
  estimate(be_, field, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view(), out_.view(),
           ws_);
  const double second = out_.view()(1);
  const row_t row = 1;
  const const_view_of<backend, 1, row_t> chosen(&row, extents<1>{1});

  estimate.select_rows(be_, chosen);
  estimate(be_, field, rows(std::as_const(t_).view(), 1, 1), rows(std::as_const(x_).view(), 1, 1),
           rows(dx_.view(), 0, 1), rows(out_.view(), 0, 1), ws_);

  EXPECT_EQ(out_.view()(0), second);
}

TEST_F(divergence, refuses_to_select_more_rows_than_samples) {
  hutchinson estimate(be_, x_.shape(), rng_key{5});
  const std::vector<row_t> many(static_cast<std::size_t>(x_.shape()[0]) + 1, 0);
  const const_view_of<backend, 1, row_t> chosen(many.data(),
                                                extents<1>{static_cast<index_t>(many.size())});

  EXPECT_THROW(estimate.select_rows(be_, chosen), invalid_input);
}

TEST_F(divergence, refuses_no_probes) {
  EXPECT_THROW(hutchinson(be_, x_.shape(), rng_key{1}, {.probes = 0}), invalid_input);
}

}  // namespace
}  // namespace flowkit
