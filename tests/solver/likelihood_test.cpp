// Log-likelihood of flows whose distribution is known.
#include "ode_problems.hpp"
#include "support/allocation.hpp"

#include <flowkit/solver/likelihood.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

constexpr double pi = 3.14159265358979323846;

/// The flow x_t = m t + s_t x_0, s_t = 1 + (s - 1) t, per coordinate: at t = 1 a normal
/// distribution of mean m and deviation s. v = m + (s - 1) (x - m t) / s_t.
constexpr double mean[2] = {1, -2};
constexpr double deviation[2] = {0.5, 3};

auto gaussian_flow() {
  return analytic_field<2>([](auto t, auto p) {
    const auto along = [&](std::size_t i) {
      const auto rate = (deviation[i] - 1) / (1 + (deviation[i] - 1) * t);
      return mean[i] + rate * (p[i] - mean[i] * t);
    };
    return point{along(0), along(1)};
  });
}

double log_density(double x, double y) {
  const double u = (x - mean[0]) / deviation[0];
  const double v = (y - mean[1]) / deviation[1];
  return -0.5 * (u * u + v * v) - std::log(2 * pi * deviation[0] * deviation[1]);
}

class likelihood : public ::testing::Test {
 protected:
  void expect_exact(double tolerance) {
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = log_density(x0_[2 * i], x0_[2 * i + 1]);
      EXPECT_NEAR(out_.view()(static_cast<index_t>(i)), expected, tolerance) << "sample " << i;
    }
    EXPECT_EQ(host(x_), x0_) << "the samples are not changed";
  }

  backend be_;
  workspace<backend> ws_{be_};
  integration_result result_;
  std::vector<double> x0_{1, -2, 0.3, 4, 2.5, -7, 1.1, 0};
  tensor<backend, 2> x_ = matrix(be_, 4, x0_);
  tensor<backend, 1> out_{be_, {4}};
};

TEST_F(likelihood, of_a_gaussian_flow_on_a_grid) {
  log_likelihood(be_, rk4{}, gaussian_flow(), exact_divergence{}, std::as_const(x_).view(),
                 uniform_grid(1, 0, 100), out_.view(), ws_);

  expect_exact(1e-6);
}

TEST_F(likelihood, of_a_gaussian_flow_with_step_control) {
  log_likelihood(be_, dormand_prince{}, gaussian_flow(), exact_divergence{},
                 std::as_const(x_).view(), {.relative = 1e-9, .absolute = 1e-9, .block_rows = 3},
                 out_.view(), ws_, result_);

  EXPECT_TRUE(result_.all_reached_end());
  expect_exact(1e-6);
}

// The Jacobian of this flow is diagonal, for which signs give the trace itself.
TEST_F(likelihood, by_random_signs_where_they_are_exact) {
  hutchinson estimate(be_, x_.shape(), rng_key{3});

  log_likelihood(be_, tsitouras{}, gaussian_flow(), estimate, std::as_const(x_).view(),
                 {.relative = 1e-9, .absolute = 1e-9, .block_rows = 2}, out_.view(), ws_, result_);

  expect_exact(1e-6);
}

TEST_F(likelihood, of_no_flow_is_that_of_the_normal_distribution) {
  const auto rest = analytic_field<2>([](auto, auto p) { return point{0 * p[0], 0 * p[1]}; });

  log_likelihood(be_, euler{}, rest, exact_divergence{}, std::as_const(x_).view(),
                 uniform_grid(1, 0, 1), out_.view(), ws_);

  EXPECT_NEAR(out_.view()(0), -0.5 * (1 + 4) - std::log(2 * pi), 1e-14);
}

TEST_F(likelihood, refuses_a_grid_that_does_not_end_at_the_noise) {
  const auto wrong = [&] {
    log_likelihood(be_, rk4{}, gaussian_flow(), exact_divergence{}, std::as_const(x_).view(),
                   uniform_grid(0, 1, 10), out_.view(), ws_);
  };

  const auto message = testing::message_of<invalid_input>(wrong);

  EXPECT_THAT(message, HasSubstr("a grid that ends at 1"));
  EXPECT_THAT(message, HasSubstr("use a grid from 1 to 0"));
}

TEST_F(likelihood, allocates_nothing_when_warm) {
  hutchinson estimate(be_, x_.shape(), rng_key{3});
  const auto go = [&] {
    log_likelihood(be_, rk4{}, gaussian_flow(), exact_divergence{}, std::as_const(x_).view(),
                   uniform_grid(1, 0, 5), out_.view(), ws_);
    log_likelihood(be_, dormand_prince{}, gaussian_flow(), estimate, std::as_const(x_).view(), {},
                   out_.view(), ws_, result_);
  };
  go();
  go();

  const testing::allocation_counter allocations;
  go();

  EXPECT_EQ(allocations.count(), 0);
}

/// dx = -x with its derivative: the least that a differentiable field can be.
class archetype_tangent_field : public testing::archetype_field {
 public:
  using archetype_field::archetype_field;

  void jvp(backend& be, const_view_of<backend, 1> t, const_view_of<backend, 2> x,
           const_view_of<backend, 2> u, view_of<backend, 2> dx, view_of<backend, 2> du) {
    (*this)(be, t, x, dx);
    (*this)(be, t, u, du);
  }
};
static_assert(TangentField<archetype_tangent_field, backend>);

/// Knows the divergence of that field; one object, never copied.
struct archetype_divergence {
  archetype_divergence() = default;
  archetype_divergence(const archetype_divergence&) = delete;
  void operator()(backend& be, archetype_tangent_field& v, const_view_of<backend, 1> t,
                  const_view_of<backend, 2> x, view_of<backend, 2> dx, view_of<backend, 1> out,
                  workspace<backend>&) {
    v(be, t, x, dx);
    be.fill(out, -static_cast<double>(x.shape()[1]));
  }
};
static_assert(Divergence<archetype_divergence, archetype_tangent_field, backend>);

/// Ten steps from 1 to 0.
struct archetype_grid {
  explicit archetype_grid(int) {}
  archetype_grid(const archetype_grid&) = delete;
  [[nodiscard]] index_t steps() const { return 10; }
  [[nodiscard]] float time(index_t i) const { return 1 - 0.1F * static_cast<float>(i); }
  [[nodiscard]] float step(index_t) const { return -0.1F; }
  [[nodiscard]] float end() const { return 0; }
};
static_assert(TimeGrid<archetype_grid>);

TEST_F(likelihood, takes_archetypes_of_its_parts) {
  archetype_tangent_field field(0);
  archetype_divergence known;
  tensor<backend, 1> expected(be_, {4});

  log_likelihood(be_, rk4{}, field, known, std::as_const(x_).view(), archetype_grid(0), out_.view(),
                 ws_);
  log_likelihood(be_, rk4{}, field, exact_divergence{}, std::as_const(x_).view(),
                 uniform_grid(1, 0, 10), expected.view(), ws_);

  // Equal but for the grid, whose times are rounded to float.
  for (index_t i = 0; i < 4; ++i) EXPECT_NEAR(out_.view()(i), expected.view()(i), 1e-5);
}

}  // namespace
}  // namespace flowkit
