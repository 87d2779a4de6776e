// Exact assignment: SciPy's results, brute force, and the certificate that the prices give.
#include <flowkit/coupling/assignment.hpp>

#include "support/allocation.hpp"
#include "support/transport.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace flowkit {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::integer_costs;
using ::testing::IsEmpty;
using testing::message_of;
using testing::uniform_costs;

template <class T>
constexpr T forbidden = std::numeric_limits<T>::infinity();

struct solution {
  std::vector<row_t> column_of_row;
  double cost = 0;
};

template <class T>
solution solve(assignment_solver& solver, const std::vector<T>& costs, index_t rows,
               index_t columns) {
  solution out{std::vector<row_t>(static_cast<std::size_t>(rows), -2), 0};
  out.cost = solver.solve(costs, rows, columns, out.column_of_row);
  return out;
}

template <class T>
solution solve(const std::vector<T>& costs, index_t rows, index_t columns) {
  assignment_solver solver;
  return solve(solver, costs, rows, columns);
}

/// Least total over all ways to give distinct columns to the rows, for rows <= columns.
template <class T>
double brute_force(const std::vector<T>& costs, index_t rows, index_t columns) {
  std::vector<std::size_t> order(static_cast<std::size_t>(columns));
  std::iota(order.begin(), order.end(), std::size_t{0});
  double least = forbidden<double>;
  do {
    double total = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i) {
      total += static_cast<double>(costs[i * order.size() + order[i]]);
    }
    least = std::min(least, total);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

template <class T>
std::vector<T> transposed(const std::vector<T>& costs, index_t rows, index_t columns) {
  std::vector<T> out;
  for (index_t j = 0; j < columns; ++j) {
    for (index_t i = 0; i < rows; ++i) {
      out.push_back(costs[static_cast<std::size_t>(i * columns + j)]);
    }
  }
  return out;
}

/// Distinct columns, as many as possible, and a total that adds up.
template <class T>
void expect_assignment(const solution& s, const std::vector<T>& costs, index_t columns) {
  std::vector<row_t> used;
  double total = 0;
  for (std::size_t i = 0; i < s.column_of_row.size(); ++i) {
    const row_t j = s.column_of_row[i];
    if (j < 0) continue;
    ASSERT_LT(j, columns);
    used.push_back(j);
    total += static_cast<double>(
        costs[i * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j)]);
  }
  std::sort(used.begin(), used.end());
  EXPECT_EQ(std::adjacent_find(used.begin(), used.end()), used.end());
  EXPECT_EQ(used.size(), std::min(s.column_of_row.size(), static_cast<std::size_t>(columns)));
  EXPECT_EQ(s.cost, total);
}

/// The prices prove optimality: no reduced cost is negative, assigned ones are zero, and a free row
/// or column has price 0 while others of its side are <= 0. Tolerance: each price is a sum of
/// rounded differences of costs.
template <class T>
void expect_certificate(const assignment_solver& solver, const solution& s,
                        const std::vector<T>& costs, double tolerance) {
  const auto u = solver.row_prices();
  const auto v = solver.column_prices();
  ASSERT_EQ(u.size(), s.column_of_row.size());
  double least = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    for (std::size_t j = 0; j < v.size(); ++j) {
      const double reduced = static_cast<double>(costs[i * v.size() + j]) - u[i] - v[j];
      least = std::min(least, reduced);
      if (s.column_of_row[i] == static_cast<row_t>(j)) {
        EXPECT_LE(reduced, tolerance);
      }
    }
  }
  EXPECT_GE(least, -tolerance);
  if (u.size() != v.size()) {
    EXPECT_THAT(u.size() < v.size() ? v : u, Each(::testing::Le(0.0)));
  }
  const double dual =
      std::accumulate(u.begin(), u.end(), 0.0) + std::accumulate(v.begin(), v.end(), 0.0);
  EXPECT_NEAR(dual, s.cost, tolerance * static_cast<double>(u.size() + v.size()));
}

template <class T>
class assignment : public ::testing::Test {};
using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(assignment, scalars);

TYPED_TEST(assignment, equals_scipy_where_the_optimum_is_unique) {
  const testing::golden_transport golden;
  for (const std::string set : {"a", "b"}) {
    const auto expected = golden.rows(set + "_assignment");
    const auto n = static_cast<index_t>(expected.size());

    const auto actual = solve(golden.costs<TypeParam>(set), n, n);

    EXPECT_EQ(actual.column_of_row, expected) << set;
    const double total = golden.values(set + "_cost")[0];
    EXPECT_NEAR(actual.cost, total, 1e-6 * total) << set;  // as the reference states
  }
}

TYPED_TEST(assignment, equals_scipy_within_groups) {
  const testing::golden_transport golden;
  auto costs = golden.costs<TypeParam>("g");
  const auto group = golden.rows("g_group");
  const std::size_t n = group.size();
  const double without_groups = solve(costs, 64, 64).cost;
  for (std::size_t k = 0; k < costs.size(); ++k) {
    if (group[k / n] != group[k % n]) costs[k] = forbidden<TypeParam>;
  }

  const auto actual = solve(costs, 64, 64);

  EXPECT_EQ(actual.column_of_row, golden.rows("g_assignment"));
  const auto expected = golden.values("g_cost");
  EXPECT_NEAR(actual.cost, expected[0], 1e-6 * expected[0]);
  EXPECT_NEAR(without_groups, expected[1], 1e-6 * expected[1]);
}

TYPED_TEST(assignment, reaches_the_cost_of_scipy_where_the_optimum_is_not_unique) {
  const testing::golden_transport golden;
  const auto costs = golden.costs<TypeParam>("ties");

  const auto actual = solve(costs, 24, 24);

  expect_assignment(actual, costs, 24);
  const double total = golden.values("ties_cost")[0];
  EXPECT_NEAR(actual.cost, total, 1e-6 * total);
}

TYPED_TEST(assignment, equals_brute_force_on_integers) {
  assignment_solver solver;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (index_t columns = 1; columns <= 6; ++columns) {
      for (index_t rows = 1; rows <= columns; ++rows) {
        const std::uint32_t bound = seed % 2 == 0 ? 3 : 50;  // many ties, few ties
        const auto costs = integer_costs<TypeParam>(rows, columns, bound, {seed, 1});

        const auto wide = solve(solver, costs, rows, columns);
        expect_assignment(wide, costs, columns);
        expect_certificate(solver, wide, costs, 0);  // integers: exact
        const auto across = transposed(costs, rows, columns);
        const auto tall = solve(solver, across, columns, rows);
        expect_assignment(tall, across, rows);
        expect_certificate(solver, tall, across, 0);

        const double least = brute_force(costs, rows, columns);
        ASSERT_EQ(wide.cost, least) << "seed " << seed << ", " << rows << " x " << columns;
        ASSERT_EQ(tall.cost, least) << "seed " << seed << ", " << columns << " x " << rows;
      }
    }
  }
}

TYPED_TEST(assignment, equals_brute_force_on_seven_points) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto costs = uniform_costs<TypeParam>(7, 7, {seed, 2});

    const auto actual = solve(costs, 7, 7);

    expect_assignment(actual, costs, 7);
    // The order of seven additions.
    EXPECT_NEAR(actual.cost, brute_force(costs, 7, 7), 1e-14);
  }
}

TYPED_TEST(assignment, equals_brute_force_with_forbidden_pairs) {
  int feasible = 0;
  int infeasible = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const index_t rows = 1 + static_cast<index_t>(seed % 5);
    auto costs = integer_costs<TypeParam>(rows, 5, 8, {seed, 3});
    for (TypeParam& cost : costs) {
      if (cost >= TypeParam(4)) cost = forbidden<TypeParam>;
    }
    const double least = brute_force(costs, rows, 5);

    if (least < forbidden<double>) {
      ++feasible;
      EXPECT_EQ(solve(costs, rows, 5).cost, least) << seed;
      EXPECT_EQ(solve(transposed(costs, rows, 5), 5, rows).cost, least) << seed;
    } else {
      ++infeasible;
      EXPECT_THROW(solve(costs, rows, 5), invalid_input) << seed;
      EXPECT_THROW(solve(transposed(costs, rows, 5), 5, rows), invalid_input) << seed;
    }
  }
  EXPECT_GT(feasible, 20);  // both kinds occurred
  EXPECT_GT(infeasible, 20);
}

TYPED_TEST(assignment, gives_prices_that_prove_optimality) {
  // 300 prices, each changed some hundred times by costs below 100: 1e-10 is 1e4 roundings.
  constexpr double tolerance = 1e-10;
  assignment_solver solver;
  const auto x0 = uniform_costs<double>(300, 2, {7, 0});
  const auto x1 = uniform_costs<double>(300, 2, {7, 1});
  for (const auto& costs :
       {uniform_costs<TypeParam>(300, 300, {4, 0}), integer_costs<TypeParam>(300, 300, 100, {4, 1}),
        integer_costs<TypeParam>(300, 300, 2, {4, 2}),
        testing::squared_distances<TypeParam>(x0, x1, 2)}) {
    for (const index_t rows : {300, 150, 60}) {  // 300 x 300, 150 x 600, 60 x 1500
      const index_t columns = 90000 / rows;

      const auto wide = solve(solver, costs, rows, columns);
      expect_assignment(wide, costs, columns);
      expect_certificate(solver, wide, costs, tolerance);

      const auto across = transposed(costs, rows, columns);
      const auto tall = solve(solver, across, columns, rows);
      expect_assignment(tall, across, rows);
      expect_certificate(solver, tall, across, tolerance);
    }
  }
}

TYPED_TEST(assignment, is_unchanged_by_scale_and_by_shifts_of_rows_and_columns) {
  constexpr index_t n = 40;
  const auto costs = integer_costs<TypeParam>(n, n, 1u << 16, {5, 0});  // exact below; no ties left
  const auto expected = solve(costs, n, n);
  std::vector<TypeParam> scaled = costs;
  std::vector<TypeParam> shifted = costs;
  for (std::size_t k = 0; k < costs.size(); ++k) {
    scaled[k] = TypeParam(0.25) * costs[k];
    shifted[k] +=
        static_cast<TypeParam>(1000 * static_cast<int>(k / n) - 500 * static_cast<int>(k % n));
  }

  const auto of_scaled = solve(scaled, n, n);
  const auto of_shifted = solve(shifted, n, n);

  EXPECT_EQ(of_scaled.column_of_row, expected.column_of_row);
  EXPECT_EQ(of_scaled.cost, 0.25 * expected.cost);
  EXPECT_EQ(of_shifted.column_of_row, expected.column_of_row);
  EXPECT_EQ(of_shifted.cost, expected.cost + 250.0 * n * (n - 1));
}

TYPED_TEST(assignment, follows_a_permutation_of_rows_and_columns) {
  constexpr std::size_t n = 50;
  const auto costs = uniform_costs<TypeParam>(n, n, {6, 0});
  const auto row_to = [](std::size_t i) { return (i * 7 + 3) % n; };
  const auto column_to = [](std::size_t j) { return (j * 11 + 5) % n; };
  std::vector<TypeParam> moved(costs.size());
  for (std::size_t k = 0; k < costs.size(); ++k) {
    moved[row_to(k / n) * n + column_to(k % n)] = costs[k];
  }

  const auto original = solve(costs, n, n);
  const auto permuted = solve(moved, n, n);

  for (std::size_t i = 0; i < n; ++i) {
    const auto column = static_cast<std::size_t>(original.column_of_row[i]);
    EXPECT_EQ(permuted.column_of_row[row_to(i)], static_cast<row_t>(column_to(column)));
  }
}

TYPED_TEST(assignment, takes_the_first_of_equal_costs) {
  const std::vector<TypeParam> equal(9, TypeParam(1));

  EXPECT_THAT(solve(equal, 1, 9).column_of_row, ElementsAre(0));
  EXPECT_THAT(solve(equal, 9, 1).column_of_row, ElementsAre(0, -1, -1, -1, -1, -1, -1, -1, -1));
  EXPECT_THAT(solve(equal, 3, 3).column_of_row, ElementsAre(0, 1, 2));
}

TYPED_TEST(assignment, repeats_itself_whatever_was_solved_before) {
  const auto ties = integer_costs<TypeParam>(80, 80, 3, {12, 0});
  const auto other = uniform_costs<TypeParam>(90, 70, {12, 1});
  assignment_solver solver;
  const auto first = solve(solver, ties, 80, 80);

  solve(solver, other, 90, 70);
  const auto again = solve(solver, ties, 80, 80);

  EXPECT_EQ(again.column_of_row, first.column_of_row);
}

TYPED_TEST(assignment, accepts_empty_and_single_problems) {
  EXPECT_THAT(solve(std::vector<TypeParam>{}, 0, 0).column_of_row, IsEmpty());
  EXPECT_THAT(solve(std::vector<TypeParam>{}, 0, 3).column_of_row, IsEmpty());
  EXPECT_THAT(solve(std::vector<TypeParam>{}, 2, 0).column_of_row, ElementsAre(-1, -1));
  const auto single = solve(std::vector<TypeParam>{TypeParam(-2.5)}, 1, 1);
  EXPECT_THAT(single.column_of_row, ElementsAre(0));
  EXPECT_EQ(single.cost, -2.5);
}

TYPED_TEST(assignment, names_a_cost_that_is_not_a_number) {
  auto costs = uniform_costs<TypeParam>(30, 40, {8, 0});
  costs[447] = std::numeric_limits<TypeParam>::quiet_NaN();  // 11 * 40 + 7

  const auto message = message_of<invalid_input>([&] { solve(costs, 30, 40); });

  EXPECT_THAT(message, HasSubstr("row 11 and column 7 is nan"));
  costs[447] = -forbidden<TypeParam>;
  EXPECT_THROW(solve(costs, 30, 40), invalid_input);
}

TYPED_TEST(assignment, names_a_row_without_a_partner) {
  auto costs = uniform_costs<TypeParam>(6, 6, {9, 0});
  for (std::size_t j = 0; j < 6; ++j) costs[24 + j] = forbidden<TypeParam>;

  const auto in_rows = message_of<invalid_input>([&] { solve(costs, 6, 6); });
  const auto in_columns = message_of<invalid_input>([&] {
    solve(transposed<TypeParam>({costs.begin() + 6, costs.end()}, 5, 6), 6, 5);
  });

  EXPECT_THAT(in_rows, HasSubstr("row 4 cannot be assigned"));
  EXPECT_THAT(in_columns, HasSubstr("column 3 cannot be assigned"));
}

TYPED_TEST(assignment, refuses_sizes_that_disagree) {
  const std::vector<TypeParam> costs(12);
  std::vector<row_t> columns(3);
  assignment_solver solver;

  EXPECT_THROW(solver.solve(costs, 3, 5, columns), invalid_input);
  EXPECT_THROW(solver.solve(costs, 4, 3, columns), invalid_input);
  EXPECT_THROW(solver.solve(costs, -3, -4, columns), invalid_input);
  EXPECT_THROW(solver.solve(costs, index_t{1} << 33, index_t{1} << 33, columns), invalid_input);
}

TYPED_TEST(assignment, solves_after_a_refused_problem) {
  assignment_solver solver;
  const auto good = uniform_costs<TypeParam>(20, 20, {10, 0});
  auto bad = good;
  // Ten rows that share nine columns: found out in the middle of a search.
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t j = 9; j < 20; ++j) bad[i * 20 + j] = forbidden<TypeParam>;
  }
  const auto expected = solve(good, 20, 20);

  EXPECT_THROW(solve(solver, bad, 20, 20), invalid_input);
  const auto actual = solve(solver, good, 20, 20);

  EXPECT_EQ(actual.column_of_row, expected.column_of_row);
}

TYPED_TEST(assignment, does_not_allocate_when_warmed_up) {
  const auto costs = uniform_costs<TypeParam>(60, 90, {11, 0});
  std::vector<row_t> columns(90);
  const std::span<row_t> out(columns);
  assignment_solver solver;
  solver.solve(costs, 60, 90, out.first(60));
  solver.solve(costs, 90, 60, out);

  const testing::allocation_counter counter;
  solver.solve(costs, 60, 90, out.first(60));
  solver.solve(costs, 90, 60, out);
  solver.solve(std::span(costs).first(2500), 50, 50, out.first(50));

  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace flowkit
