// Fixed grids: golden end states, watching, reports, and what is refused.
#include "ode_problems.hpp"
#include "support/allocation.hpp"

#include <flowkit/field/counted.hpp>
#include <flowkit/field/joined.hpp>
#include <flowkit/solver/integrate.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using testing::golden_ode;
using testing::host;
using testing::matrix;

template <class T>
constexpr double tolerance = std::same_as<T, double> ? 1e-12 : 1e-5;

template <class T>
class fixed_grid : public ::testing::Test {
 protected:
  using backend = eigen<T>;

  /// Compares the end states of method M with the rows of the golden array, through the field as it
  /// is and through batches.
  template <class M, class V>
  void expect_golden(const V& field, const std::string& problem, const std::string& start,
                     const char* method) {
    const auto n = ode_.counts(start + "_fixed_n");
    const auto span = ode_[start + "_span"];
    const auto y0 = ode_[start + "_y0"];
    const auto expected = ode_[start + "_" + method];
    const auto d = static_cast<index_t>(V::dimension);
    const auto rows = static_cast<index_t>(y0.size()) / d;
    for (std::size_t i = 0; i < n.size(); ++i) {
      SCOPED_TRACE(problem + " " + method + " " + std::to_string(n[i]));
      const uniform_grid grid(span[0], span[1], n[i]);
      const std::vector<double> row(
          expected.begin() + static_cast<std::ptrdiff_t>(i * y0.size()),
          expected.begin() + static_cast<std::ptrdiff_t>((i + 1) * y0.size()));
      auto by_points = matrix(be_, rows, y0);
      auto by_batch = matrix(be_, rows, y0);

      integrate(be_, M{}, field, by_points, grid);
      integrate(be_, M{}, counted(field), by_batch, grid);

      EXPECT_LE(testing::relative_difference(host(by_points), row), tolerance<T>);
      EXPECT_LE(testing::relative_difference(host(by_batch), row), tolerance<T>);
    }
  }

  template <class V>
  void expect_golden_methods(const V& field, const std::string& problem, const std::string& start) {
    expect_golden<euler>(field, problem, start, "euler");
    expect_golden<midpoint>(field, problem, start, "midpoint");
    expect_golden<heun>(field, problem, start, "heun");
    expect_golden<rk4>(field, problem, start, "rk4");
  }

  golden_ode ode_;
  backend be_;
};

using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(fixed_grid, scalars);

TYPED_TEST(fixed_grid, meets_the_golden_states_of_the_linear_problem) {
  this->expect_golden_methods(this->ode_.linear(), "linear", "linear");
  this->expect_golden_methods(this->ode_.linear(), "linear", "linear_backward");
}

TYPED_TEST(fixed_grid, meets_the_golden_states_of_the_swirl) {
  this->expect_golden_methods(this->ode_.swirl(), "swirl", "swirl");
}

using fixed_grid_in_double = fixed_grid<double>;

// In double only: the steps are at the border of stability, which multiplies rounding.
TEST_F(fixed_grid_in_double, meets_the_golden_states_of_the_stiff_problem) {
  expect_golden_methods(ode_.stiff(), "stiff", "stiff");
}

TYPED_TEST(fixed_grid, meets_the_golden_states_of_the_rectified_flow_sampler) {
  const auto n = this->ode_.counts("swirl_euler_sampler_n");
  const auto expected = this->ode_["swirl_euler_sampler"];
  for (std::size_t i = 0; i < n.size(); ++i) {
    auto x = matrix(this->be_, 16, this->ode_["swirl_y0"]);

    integrate(this->be_, euler{}, this->ode_.swirl(), x, sampler_grid(n[i], 1e-3));

    const auto first = expected.begin() + static_cast<std::ptrdiff_t>(32 * i);
    EXPECT_LE(testing::relative_difference(host(x), {first, first + 32}), tolerance<TypeParam>);
  }
}

using backend = eigen<double>;

/// Takes the state first, where solvers pass the time.
struct state_before_time {
  void operator()(backend&, const_view_of<backend, 2>, const_view_of<backend, 1>) const {}
};
/// Would write the state, which is only shown.
struct writing_observer {
  void operator()(backend&, const_view_of<backend, 1>, view_of<backend, 2>) const {}
};
static_assert(Observer<no_observer, backend>);
static_assert(!Observer<state_before_time, backend>);
static_assert(!Observer<writing_observer, backend>);
static_assert(!Observer<std::vector<double>, backend>);

/// A formula with branches is stepped point by point, one without in lanes: same results for any
/// number of rows, also those that fill no group.
TEST(integrate, does_not_depend_on_how_rows_are_grouped) {
  backend be;
  const auto formula = [](auto t, auto p) {
    return point{p[1] + t, (1 - p[0] * p[0]) * p[1] - p[0]};
  };
  for (const index_t n : {0, 1, 3, 4, 7, 33}) {
    std::vector<double> start;
    for (index_t i = 0; i < 2 * n; ++i) start.push_back(0.1 * static_cast<double>(i % 13) - 0.5);
    auto single = matrix(be, n, start);
    auto grouped = matrix(be, n, start);

    integrate(be, rk4{}, analytic_field<2>(formula), single, uniform_grid(0, 1, 5));
    integrate(be, rk4{}, analytic_field<2>(branch_free{formula}), grouped, uniform_grid(0, 1, 5));

    EXPECT_LE(testing::relative_difference(host(grouped), host(single)), 1e-14) << n << " rows";
  }
}

TEST(integrate, shows_every_grid_point_to_the_observer) {
  backend be;
  workspace<backend> ws(be);
  auto x = matrix(be, 1, std::vector<double>{1});
  const std::vector<double> times{2, 2.5, 4};
  std::vector<double> seen_times;
  std::vector<double> seen;
  const auto observe = [&](backend&, const_view_of<backend, 1> t, const_view_of<backend, 2> y) {
    seen_times.push_back(t(0));
    seen.push_back(y(0, 0));
  };
  const auto field = analytic_field<1>([](auto, auto) { return point{2.0}; });

  integrate(be, euler{}, field, x.view(), custom_grid(times), ws, observe);

  EXPECT_THAT(seen_times, ::testing::ElementsAre(2, 2.5, 4));
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 5));
}

TEST(integrate, takes_the_archetype_of_a_field) {
  static_assert(VelocityField<testing::archetype_field, backend>);
  backend be;
  testing::archetype_field field(0);
  auto x = matrix(be, 1, std::vector<double>{1, 2});

  const auto result = integrate(be, rk4{}, field, x, uniform_grid(0, 1, 20));

  EXPECT_NEAR(x.view()(0, 1), 2 * std::exp(-1), 1e-7);
  EXPECT_TRUE(result.all_reached_end());
  EXPECT_EQ(result.samples[0].evaluations, 80);
}

TEST(integrate, reports_a_state_that_is_not_finite_for_its_sample_only) {
  backend be;
  auto x = matrix(be, 3, std::vector<double>{0.5, 40, -1});
  const auto square = analytic_field<1>([](auto, auto p) { return point{p[0] * p[0]}; });

  const auto result = integrate(be, rk4{}, square, x, uniform_grid(0, 1, 40));

  EXPECT_EQ(result.samples[0].status, sample_status::reached_end);
  EXPECT_EQ(result.samples[1].status, sample_status::non_finite);
  EXPECT_EQ(result.samples[2].status, sample_status::reached_end);
  EXPECT_NEAR(x.view()(2, 0), -0.5, 1e-6);
  EXPECT_EQ(result.total().status, sample_status::non_finite);
}

TEST(integrate, refuses_states_it_cannot_step) {
  backend be;
  workspace<backend> ws(be);
  auto x = matrix(be, 2, std::vector<double>{1, 2, 3, 4, 5, 6});
  const golden_ode ode;
  const uniform_grid grid(0, 1, 2);

  EXPECT_THROW(integrate(be, euler{}, ode.linear(), x.view(), grid, ws), invalid_input);
  EXPECT_THROW(integrate(be, euler{}, counted(ode.linear()), x.view(), grid, ws), invalid_input);
  EXPECT_THROW(integrate(be, euler{}, ode.linear(), columns(x.view(), 0, 2), grid, ws),
               invalid_input);
}

TEST(integrate, allocates_nothing_when_warm) {
  backend be;
  workspace<backend> ws(be);
  integration_result result;
  const golden_ode ode;
  const auto points = ode.swirl();
  auto batch = counted(points);
  auto x = matrix(be, 50, std::vector<double>(100, 0.5));
  const auto run = [&] {
    integrate(be, dormand_prince{}, points, x.view(), uniform_grid(0, 1, 3), ws, result);
    integrate(be, dormand_prince{}, batch, x.view(), uniform_grid(0, 1, 3), ws, result);
  };
  run();
  run();

  const testing::allocation_counter allocations;
  run();

  EXPECT_EQ(allocations.count(), 0);
}

}  // namespace
}  // namespace flowkit
