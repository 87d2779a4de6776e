// Sinkhorn: the plans of POT, the marginals, the limits of the regularisation, and bad input.
#include <flowkit/coupling/sinkhorn.hpp>

#include <flowkit/coupling/assignment.hpp>

#include "support/allocation.hpp"
#include "support/transport.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <numeric>

namespace flowkit {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::message_of;
using testing::uniform_costs;

template <class T>
constexpr T forbidden = std::numeric_limits<T>::infinity();

using numbers = std::vector<double>;

template <class T>
numbers plan_of(const sinkhorn_solver& solver, const transport_problem<T>& problem, double eps) {
  numbers plan;
  for (std::size_t k = 0; k < problem.costs.size(); ++k) {
    const std::size_t n = solver.column_potentials().size();
    plan.push_back(plan_entry(solver.row_potentials()[k / n], solver.column_potentials()[k % n],
                              static_cast<double>(problem.costs[k]), eps));
  }
  return plan;
}

numbers row_sums(const numbers& plan, std::size_t columns) {
  numbers sums(plan.size() / columns);
  for (std::size_t k = 0; k < plan.size(); ++k) sums[k / columns] += plan[k];
  return sums;
}

numbers column_sums(const numbers& plan, std::size_t columns) {
  numbers sums(columns);
  for (std::size_t k = 0; k < plan.size(); ++k) sums[k % columns] += plan[k];
  return sums;
}

double largest_difference(const numbers& a, const numbers& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a[k] - b[k]));
  return largest;
}

template <class T>
double transport_cost(const numbers& plan, const std::vector<T>& costs) {
  return std::inner_product(plan.begin(), plan.end(), costs.begin(), 0.0);
}

template <class T>
class sinkhorn : public ::testing::Test {};
using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(sinkhorn, scalars);

TYPED_TEST(sinkhorn, equals_the_reference_plans) {
  constexpr bool wide = std::is_same_v<TypeParam, double>;
  const testing::golden_transport golden;
  for (const std::string set : {"a", "b"}) {
    const auto costs = golden.costs<TypeParam>(set);
    const auto n = static_cast<index_t>(std::sqrt(static_cast<double>(costs.size())));
    const double eps = golden.values(set + "_sinkhorn_reg")[0];
    const transport_problem<TypeParam> problem{costs, n, n};
    sinkhorn_solver solver;

    const auto result = solver.solve(problem, {.regularization = eps, .tolerance = 1e-12});

    EXPECT_TRUE(result.converged) << result.marginal_error;
    const numbers plan = plan_of(solver, problem, eps);
    const numbers expected = golden.values(set + "_sinkhorn_plan");
    const double expected_cost = golden.values(set + "_sinkhorn_cost")[0];
    // The tolerances of the reference; costs rounded to float change the plan by some 1e-6 of it.
    EXPECT_LE(largest_difference(plan, expected), wide ? 1e-6 : 1e-3 / static_cast<double>(n));
    EXPECT_NEAR(transport_cost(plan, costs), expected_cost, (wide ? 1e-5 : 1e-3) * expected_cost);
    EXPECT_LE(largest_difference(row_sums(plan, static_cast<std::size_t>(n)),
                                 golden.values(set + "_sinkhorn_row_sums")),
              1e-12);
    EXPECT_LE(largest_difference(column_sums(plan, static_cast<std::size_t>(n)),
                                 golden.values(set + "_sinkhorn_col_sums")),
              1e-12);
  }
}

TYPED_TEST(sinkhorn, reports_the_marginal_error_of_its_potentials) {
  const auto costs = uniform_costs<TypeParam>(12, 20, {1, 0});
  const transport_problem<TypeParam> problem{costs, 12, 20};
  sinkhorn_solver solver;
  for (const index_t limit : {1, 2, 5, 20}) {
    const auto result = solver.solve(
        problem, {.regularization = 0.02, .tolerance = 1e-13, .iteration_limit = limit});

    const numbers plan = plan_of(solver, problem, 0.02);
    double error = 0;
    for (const double sum : row_sums(plan, 20)) error += std::abs(sum - 1.0 / 12);
    EXPECT_FALSE(result.converged);
    EXPECT_EQ(result.iterations, limit);
    EXPECT_NEAR(result.marginal_error, error, 1e-13);  // rounding of 240 terms that sum to 1
    EXPECT_LE(largest_difference(column_sums(plan, 20), numbers(20, 0.05)), 1e-14);
  }
}

TYPED_TEST(sinkhorn, keeps_given_marginals) {
  const auto costs = uniform_costs<TypeParam>(3, 4, {2, 0});
  const numbers a{0.5, 0.2, 0.3};
  const numbers b{0.1, 0.2, 0.3, 0.4};
  const transport_problem<TypeParam> problem{costs, 3, 4, a, b};
  sinkhorn_solver solver;

  const auto result = solver.solve(problem, {.regularization = 0.1, .tolerance = 1e-13});

  const numbers plan = plan_of(solver, problem, 0.1);
  EXPECT_TRUE(result.converged);
  EXPECT_LE(largest_difference(row_sums(plan, 4), a), 1e-13);
  EXPECT_LE(largest_difference(column_sums(plan, 4), b), 1e-13);
}

TYPED_TEST(sinkhorn, approaches_independence_and_the_exact_assignment) {
  constexpr index_t n = 16;
  const auto costs = uniform_costs<TypeParam>(n, n, {3, 0});
  const transport_problem<TypeParam> problem{costs, n, n};
  sinkhorn_solver solver;
  std::vector<row_t> columns(n);
  const double exact = assignment_solver{}.solve(costs, n, n, columns) / n;

  solver.solve(problem, {.regularization = 1e6});
  const numbers blurred = plan_of(solver, problem, 1e6);
  solver.solve(problem, {.regularization = 1e-3, .iteration_limit = 100000});
  const numbers sharp = plan_of(solver, problem, 1e-3);

  // Costs below 1 over 1e6: entries differ from 1/n^2 by less than 2e-6 of it.
  EXPECT_LE(largest_difference(blurred, numbers(n * n, 1.0 / (n * n))), 1e-8);
  // The excess over the optimum is at most eps times the entropy, log n^2.
  EXPECT_NEAR(transport_cost(sharp, costs), exact, 1e-3 * std::log(n * n));
}

TYPED_TEST(sinkhorn, survives_a_regularization_that_underflows_without_logarithms) {
  // exp(-(cost / eps)) is 0 for every entry: 1e3 / 1e-2 = 1e5.
  auto costs = uniform_costs<TypeParam>(8, 8, {4, 0});
  for (TypeParam& cost : costs) cost += TypeParam(1000);
  const transport_problem<TypeParam> problem{costs, 8, 8};
  sinkhorn_solver solver;

  const auto result = solver.solve(problem, {.regularization = 0.01, .iteration_limit = 100000});

  EXPECT_TRUE(result.converged) << result.marginal_error;
}

TYPED_TEST(sinkhorn, moves_nothing_along_forbidden_pairs) {
  auto costs = uniform_costs<TypeParam>(6, 6, {5, 0});
  for (std::size_t k = 0; k < 36; ++k) {
    if ((k / 6) % 2 != (k % 6) % 2) costs[k] = forbidden<TypeParam>;
  }
  const transport_problem<TypeParam> problem{costs, 6, 6};
  sinkhorn_solver solver;

  const auto result = solver.solve(problem, {.regularization = 0.05, .tolerance = 1e-12});

  const numbers plan = plan_of(solver, problem, 0.05);
  EXPECT_TRUE(result.converged);
  for (std::size_t k = 0; k < 36; ++k) {
    if (costs[k] == forbidden<TypeParam>) {
      EXPECT_EQ(plan[k], 0.0);
    }
  }
  EXPECT_LE(largest_difference(row_sums(plan, 6), numbers(6, 1.0 / 6)), 1e-12);
}

TEST(sinkhorn_double, keeps_its_plan_when_rows_and_columns_of_the_costs_are_shifted) {
  const auto costs = uniform_costs<double>(5, 7, {6, 0});
  numbers shifted = costs;
  for (std::size_t k = 0; k < 35; ++k) {
    const std::size_t row = k / 7;
    shifted[k] += static_cast<double>(row) - 3.0 * static_cast<double>(k % 7);
  }
  const transport_problem<double> problem{costs, 5, 7};
  const transport_problem<double> moved{shifted, 5, 7};
  const sinkhorn_options options{.regularization = 0.1, .tolerance = 1e-13};
  sinkhorn_solver solver;

  solver.solve(problem, options);
  const numbers plan = plan_of(solver, problem, 0.1);
  solver.solve(moved, options);

  EXPECT_LE(largest_difference(plan_of(solver, moved, 0.1), plan), 1e-12);
}

TYPED_TEST(sinkhorn, samples_targets_with_the_frequencies_of_the_plan) {
  // 40 000 sources with one and the same row: each frequency has deviation below 0.0025.
  constexpr index_t n = 40000;
  const numbers row{0.1, 0.4, forbidden<double>, 0.0};
  std::vector<TypeParam> costs;
  for (index_t i = 0; i < n; ++i) costs.insert(costs.end(), row.begin(), row.end());
  const transport_problem<TypeParam> problem{costs, n, 4};
  const numbers f(static_cast<std::size_t>(n), 0.3);
  const numbers g{0.0, 0.2, 0.0, -0.1};
  std::vector<row_t> targets(static_cast<std::size_t>(n));

  sample_targets(problem, f, g, 0.2, {7, 0}, std::span<row_t>(targets));

  numbers frequency(4);
  for (const row_t target : targets) frequency[static_cast<std::size_t>(target)] += 1.0 / n;
  numbers expected;
  for (std::size_t j = 0; j < 4; ++j) expected.push_back(plan_entry(0.3, g[j], row[j], 0.2));
  const double total = std::accumulate(expected.begin(), expected.end(), 0.0);
  for (double& mass : expected) mass /= total;
  EXPECT_LE(largest_difference(frequency, expected), 0.01);
  EXPECT_EQ(frequency[2], 0.0);
}

TYPED_TEST(sinkhorn, samples_the_same_target_whatever_the_number_of_sources) {
  const auto costs = uniform_costs<TypeParam>(64, 9, {8, 0});
  const numbers f(64, 0.0);
  const numbers g(9, 0.0);
  std::vector<row_t> all(64);
  std::vector<row_t> some(10);

  sample_targets<TypeParam>({costs, 64, 9}, f, g, 0.5, {9, 0}, all);
  sample_targets<TypeParam>({std::span(costs).first(90), 10, 9}, std::span(f).first(10), g, 0.5,
                            {9, 0}, some);

  EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
}

TYPED_TEST(sinkhorn, refuses_what_it_cannot_solve) {
  const auto costs = uniform_costs<TypeParam>(3, 4, {10, 0});
  const transport_problem<TypeParam> good{costs, 3, 4};
  sinkhorn_solver solver;
  const auto message = [&](const transport_problem<TypeParam>& problem,
                           const sinkhorn_options& options = {}) {
    return message_of<invalid_input>([&] { solver.solve(problem, options); });
  };
  auto not_a_number = costs;
  not_a_number[6] = std::numeric_limits<TypeParam>::quiet_NaN();
  auto no_row = costs;
  for (std::size_t j = 0; j < 4; ++j) no_row[4 + j] = forbidden<TypeParam>;
  auto no_column = costs;
  for (std::size_t i = 0; i < 3; ++i) no_column[4 * i + 2] = forbidden<TypeParam>;
  const numbers zero{0.5, 0.5, 0.0};
  const numbers two{1.0, 1.0};
  const numbers heavy{1.0, 1.0, 1.0};

  EXPECT_THAT(message({costs, 4, 4}), HasSubstr("12 costs"));
  EXPECT_THAT(message({{}, 0, 4}), HasSubstr("0 and 4 points"));
  EXPECT_THAT(message({not_a_number, 3, 4}), HasSubstr("row 1 and column 2 is nan"));
  EXPECT_THAT(message({no_row, 3, 4}), HasSubstr("row 1 has no permitted pair"));
  EXPECT_THAT(message({no_column, 3, 4}), HasSubstr("column 2 has no permitted pair"));
  EXPECT_THAT(message({costs, 3, 4, zero}), HasSubstr("row weight 2 is 0"));
  EXPECT_THAT(message({costs, 3, 4, two}), HasSubstr("2 row weights for 3 rows"));
  EXPECT_THAT(message({costs, 3, 4, heavy}), HasSubstr("row weights sum to 3"));
  EXPECT_THAT(message(good, {.regularization = 0}), HasSubstr("regularization 0"));
  EXPECT_THAT(message(good, {.tolerance = -1}), HasSubstr("tolerance -1"));
  EXPECT_THAT(message(good, {.iteration_limit = 0}), HasSubstr("iteration limit of 0"));
}

TYPED_TEST(sinkhorn, does_not_allocate_when_warmed_up) {
  const auto costs = uniform_costs<TypeParam>(30, 40, {11, 0});
  const sinkhorn_options options{.iteration_limit = 3};
  sinkhorn_solver solver;
  solver.solve(transport_problem<TypeParam>{costs, 30, 40}, options);

  const testing::allocation_counter counter;
  solver.solve(transport_problem<TypeParam>{costs, 30, 40}, options);

  EXPECT_EQ(counter.count(), 0);
}

TEST(sinkhorn_double, reaches_tolerances_near_rounding) {
  const auto costs = uniform_costs<double>(50, 50, {12, 0});
  sinkhorn_solver solver;

  const auto result = solver.solve(transport_problem<double>{costs, 50, 50},
                                   {.regularization = 0.1, .tolerance = 1e-13});

  EXPECT_TRUE(result.converged) << result.marginal_error;
  EXPECT_THAT(solver.row_potentials(), Each(::testing::Lt(1.0)));
}

}  // namespace
}  // namespace flowkit
