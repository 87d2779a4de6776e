// Entropic optimal transport between two finite sets: log-domain Sinkhorn on the host.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/core/rng.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace flowkit {

/// Settings of a Sinkhorn iteration.
struct sinkhorn_options {
  /// Weight of the entropy, in units of the cost; small is sharp and slow to converge.
  double regularization = 0.05;
  /// Largest sum over rows of |row sum of the plan - weight| that counts as converged.
  double tolerance = 1e-9;
  /// Updates of both potentials at most.
  index_t iteration_limit = 10000;
};

/// How an iteration ended. Running into the limit is a result, not an error.
struct sinkhorn_result {
  index_t iterations = 0;
  /// Sum over rows of |row sum of the plan - weight|; the column sums are exact up to rounding.
  double marginal_error = 0;
  bool converged = false;
};

/// A cost matrix with its two marginals: costs row-major [rows, columns], +infinity forbids a pair.
/// Weights are positive, with equal sums; empty ones mean 1/rows and 1/columns each.
template <class T>
struct transport_problem {
  std::span<const T> costs;
  index_t rows = 0;
  index_t columns = 0;
  std::span<const double> row_weights = {};
  std::span<const double> column_weights = {};
};

/// Entry of the plan with potentials f and g: exp((f + g - cost) / regularization).
[[nodiscard]] inline double plan_entry(double f, double g, double cost, double regularization) {
  return std::exp((f + g - cost) / regularization);
}

/// Minimises <P, C> + eps * sum P log P over plans P with the given marginals (Cuturi, NeurIPS
/// 2013), alternating f_i = eps (log a_i - log sum_j exp((g_j - C_ij) / eps)) and likewise g, which
/// neither overflows nor underflows for small eps (Peyre and Cuturi, 2019, section 4.4).
/// f: row_potentials, g: column_potentials, eps: regularization, a: row_weights.
///
/// All arithmetic is in double, whatever the costs are stored in. Time O(rows * columns) with an
/// exponential per entry and half iteration. One object serves one thread and keeps its memory:
/// solving again at no larger size does not allocate.
class sinkhorn_solver {
 public:
  /// Iterates from zero potentials. Throws invalid_input if sizes or weights disagree, if a cost is
  /// NaN or -infinity, if a row or column is forbidden altogether, or for options out of range.
  /// Allocates when larger than every problem before.
  sinkhorn_result solve(const transport_problem<float>& problem, const sinkhorn_options& options);
  sinkhorn_result solve(const transport_problem<double>& problem, const sinkhorn_options& options);

  /// Dual potentials of the last solution, in units of the cost; valid until the next call.
  [[nodiscard]] std::span<const double> row_potentials() const { return f_; }
  [[nodiscard]] std::span<const double> column_potentials() const { return g_; }

 private:
  template <class T>
  sinkhorn_result solve_any(const transport_problem<T>& problem, const sinkhorn_options& options);
  template <class T>
  double update_rows(const transport_problem<T>& problem, double regularization);
  template <class T>
  void update_columns(const transport_problem<T>& problem, double regularization);

  std::vector<double> f_;
  std::vector<double> g_;
  std::vector<double> next_f_;
  std::vector<double> row_weights_;
  std::vector<double> column_weights_;
  std::vector<double> largest_;
  std::vector<double> sums_;
};

/// Draws a target for every source from the rows of the plan, each row normalised, so that
/// unconverged potentials are fine. Source i uses word i % 4 of block i / 4 of the key: its target
/// does not depend on how many sources there are. T = float or double.
template <class T>
void sample_targets(const transport_problem<T>& problem, std::span<const double> row_potentials,
                    std::span<const double> column_potentials, double regularization, rng_key key,
                    std::span<row_t> target_of_source);

}  // namespace flowkit
