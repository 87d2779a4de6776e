// Log-domain Sinkhorn iteration. Exponents are measured from the largest of their row or column, so
// the largest term of every sum is 1.
#include <flowkit/core/error.hpp>
#include <flowkit/coupling/sinkhorn.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace flowkit {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t as_size(index_t n) { return static_cast<std::size_t>(n); }

template <class T>
const T* row_of(const transport_problem<T>& problem, index_t i) {
  return problem.costs.data() + i * problem.columns;
}

void validate(const sinkhorn_options& options) {
  FLOWKIT_VALIDATE(options.regularization > 0 && options.regularization < infinity,
                   "Sinkhorn with regularization ", options.regularization,
                   " (it divides the costs): choose a positive number, for example 0.05 times the "
                   "largest cost");
  FLOWKIT_VALIDATE(options.tolerance >= 0, "Sinkhorn with tolerance ", options.tolerance,
                   " (a marginal error is never negative): choose 0 or more");
  FLOWKIT_VALIDATE(options.iteration_limit > 0, "Sinkhorn with an iteration limit of ",
                   options.iteration_limit, " (no potentials without one): choose 1 or more");
}

template <class T>
void validate_shape(const transport_problem<T>& problem) {
  constexpr index_t limit = std::numeric_limits<row_t>::max();
  const auto [costs, rows, columns, row_weights, column_weights] = problem;
  FLOWKIT_VALIDATE(rows > 0 && columns > 0 && rows <= limit && columns <= limit,
                   "transport between ", rows, " and ", columns,
                   " points (sizes are 1 to 2^31 - 1): pass the shape of the cost matrix");
  FLOWKIT_VALIDATE(static_cast<index_t>(costs.size()) == rows * columns, "transport with ",
                   costs.size(), " costs (", rows, " rows and ", columns, " columns need ",
                   rows * columns, "): pass a row-major matrix without padding");
}

/// Refuses NaN and -infinity, and rows or columns that are forbidden altogether: their potential
/// would be infinite.
template <class T>
void validate_costs(const transport_problem<T>& problem, std::vector<double>& column_least) {
  column_least.assign(as_size(problem.columns), infinity);
  for (index_t i = 0; i < problem.rows; ++i) {
    double row_least = infinity;
    for (index_t j = 0; j < problem.columns; ++j) {
      const auto cost = static_cast<double>(row_of(problem, i)[j]);
      FLOWKIT_VALIDATE(cost > -infinity, "cost of row ", i, " and column ", j, " is ", cost,
                       " (a cost must be a number or +infinity, which forbids the pair): look for "
                       "non-finite samples in what the costs were computed from");
      row_least = std::min(row_least, cost);
      column_least[as_size(j)] = std::min(column_least[as_size(j)], cost);
    }
    FLOWKIT_VALIDATE(row_least < infinity, "row ", i,
                     " has no permitted pair (all its costs are infinite): allow one or remove it");
  }
  for (index_t j = 0; j < problem.columns; ++j) {
    FLOWKIT_VALIDATE(column_least[as_size(j)] < infinity, "column ", j,
                     " has no permitted pair (all its costs are infinite): allow one or remove it");
  }
}

void take_weights(std::span<const double> given, index_t count, const char* side,
                  std::vector<double>& out) {
  if (given.empty()) {
    out.assign(as_size(count), 1.0 / static_cast<double>(count));
    return;
  }
  FLOWKIT_VALIDATE(static_cast<index_t>(given.size()) == count, given.size(), " ", side,
                   " weights for ", count, " ", side, "s: pass one each, or none for equal ones");
  for (index_t i = 0; i < count; ++i) {
    const double weight = given[as_size(i)];
    FLOWKIT_VALIDATE(weight > 0 && weight < infinity, side, " weight ", i, " is ", weight,
                     " (its logarithm is taken): pass positive numbers, leave out empty points");
  }
  out.assign(given.begin(), given.end());
}

void validate_sums(std::span<const double> rows, std::span<const double> columns) {
  const double row_sum = std::accumulate(rows.begin(), rows.end(), 0.0);
  const double column_sum = std::accumulate(columns.begin(), columns.end(), 0.0);
  FLOWKIT_VALIDATE(std::abs(row_sum - column_sum) <= 1e-6 * row_sum, "row weights sum to ", row_sum,
                   ", column weights to ", column_sum,
                   " (no plan has both marginals): scale one side");
}

}  // namespace

sinkhorn_result sinkhorn_solver::solve(const transport_problem<float>& problem,
                                       const sinkhorn_options& options) {
  return solve_any(problem, options);
}

sinkhorn_result sinkhorn_solver::solve(const transport_problem<double>& problem,
                                       const sinkhorn_options& options) {
  return solve_any(problem, options);
}

template <class T>
sinkhorn_result sinkhorn_solver::solve_any(const transport_problem<T>& problem,
                                           const sinkhorn_options& options) {
  validate(options);
  validate_shape(problem);
  validate_costs(problem, largest_);
  take_weights(problem.row_weights, problem.rows, "row", row_weights_);
  take_weights(problem.column_weights, problem.columns, "column", column_weights_);
  validate_sums(row_weights_, column_weights_);
  f_.assign(as_size(problem.rows), 0.0);
  next_f_.assign(as_size(problem.rows), 0.0);
  g_.assign(as_size(problem.columns), 0.0);

  // The update of f measures the potentials before it: the sum of row i was a_i exp((f_i - new
  // f_i) / eps). Those potentials are kept when it turns out that they are good enough.
  sinkhorn_result result;
  update_rows(problem, options.regularization);
  while (true) {
    std::swap(f_, next_f_);
    update_columns(problem, options.regularization);
    ++result.iterations;
    result.marginal_error = update_rows(problem, options.regularization);
    result.converged = result.marginal_error <= options.tolerance;
    if (result.converged || result.iterations >= options.iteration_limit) return result;
  }
}

/// Computes next_f_ from g_ and returns the marginal error of f_ and g_.
template <class T>
double sinkhorn_solver::update_rows(const transport_problem<T>& problem, double regularization) {
  const double scale = 1 / regularization;
  double error = 0;
  for (index_t i = 0; i < problem.rows; ++i) {
    const T* const cost = row_of(problem, i);
    double largest = -infinity;
    for (index_t j = 0; j < problem.columns; ++j) {
      largest = std::max(largest, g_[as_size(j)] - static_cast<double>(cost[j]));
    }
    double sum = 0;
    for (index_t j = 0; j < problem.columns; ++j) {
      sum += std::exp((g_[as_size(j)] - static_cast<double>(cost[j]) - largest) * scale);
    }
    const double weight = row_weights_[as_size(i)];
    const double next = regularization * (std::log(weight) - std::log(sum)) - largest;
    error += std::abs(weight * std::expm1((f_[as_size(i)] - next) * scale));
    next_f_[as_size(i)] = next;
  }
  return error;
}

/// Computes g_ from f_. Row by row, because that is how the costs lie in memory.
template <class T>
void sinkhorn_solver::update_columns(const transport_problem<T>& problem, double regularization) {
  const double scale = 1 / regularization;
  largest_.assign(as_size(problem.columns), -infinity);
  sums_.assign(as_size(problem.columns), 0.0);
  for (index_t i = 0; i < problem.rows; ++i) {
    const T* const cost = row_of(problem, i);
    for (index_t j = 0; j < problem.columns; ++j) {
      double& largest = largest_[as_size(j)];
      largest = std::max(largest, f_[as_size(i)] - static_cast<double>(cost[j]));
    }
  }
  for (index_t i = 0; i < problem.rows; ++i) {
    const T* const cost = row_of(problem, i);
    for (index_t j = 0; j < problem.columns; ++j) {
      const double exponent = f_[as_size(i)] - static_cast<double>(cost[j]) - largest_[as_size(j)];
      sums_[as_size(j)] += std::exp(exponent * scale);
    }
  }
  for (std::size_t j = 0; j < g_.size(); ++j) {
    g_[j] = regularization * (std::log(column_weights_[j]) - std::log(sums_[j])) - largest_[j];
  }
}

template <class T>
void sample_targets(const transport_problem<T>& problem, std::span<const double> row_potentials,
                    std::span<const double> column_potentials, double regularization, rng_key key,
                    std::span<row_t> target_of_source) {
  validate_shape(problem);
  FLOWKIT_VALIDATE(static_cast<index_t>(row_potentials.size()) == problem.rows &&
                       static_cast<index_t>(column_potentials.size()) == problem.columns &&
                       static_cast<index_t>(target_of_source.size()) == problem.rows,
                   "sampling a plan of ", problem.rows, " rows and ", problem.columns,
                   " columns with ", row_potentials.size(), " row potentials, ",
                   column_potentials.size(), " column potentials and ", target_of_source.size(),
                   " targets (one per row, column and row): use those of the solved problem");
  for (index_t i = 0; i < problem.rows; ++i) {
    const T* const cost = row_of(problem, i);
    const auto entry = [&](index_t j) {
      return plan_entry(row_potentials[as_size(i)], column_potentials[as_size(j)],
                        static_cast<double>(cost[j]), regularization);
    };
    double total = 0;
    for (index_t j = 0; j < problem.columns; ++j) total += entry(j);
    const auto block = key.block(static_cast<std::uint64_t>(i) / 4);
    double left = total * unit_interval(block.word[i % 4], double{});
    // The last possible target catches what rounding leaves over.
    row_t target = 0;
    for (index_t j = 0; j < problem.columns && left >= 0; ++j) {
      const double mass = entry(j);
      left -= mass;
      if (mass > 0) target = static_cast<row_t>(j);
    }
    target_of_source[as_size(i)] = target;
  }
}

template void sample_targets<float>(const transport_problem<float>&, std::span<const double>,
                                    std::span<const double>, double, rng_key, std::span<row_t>);
template void sample_targets<double>(const transport_problem<double>&, std::span<const double>,
                                     std::span<const double>, double, rng_key, std::span<row_t>);

}  // namespace flowkit
