// Entropic optimal transport between the noise and the data of a batch.
#pragma once

#include <flowkit/coupling/sinkhorn.hpp>
#include <flowkit/coupling/transport_cost.hpp>

#include <algorithm>

namespace flowkit {

/// How a batch is transported with entropy.
struct entropic_ot_options {
  /// Weight of the entropy per dimension of the data, in units of squared distance: squared
  /// distances of normalised data are about 2 per dimension.
  double regularization = 0.1;
  index_t iteration_limit = 1000;
  double tolerance = 1e-4;  ///< of the marginals; a plan that is not converged is still a plan
  condition_rule conditions = condition_rule::within_groups;
  double penalty = 1;
};

/// Pairs drawn from the entropic plan of a batch (Tong et al. 2024, Schroedinger bridge pairs): for
/// each data row a noise row with its probability in the plan. Between the exact transport
/// (regularization to 0) and independence (to infinity). A noise row may be drawn twice, so x0 is
/// standard normal row by row, but not a permutation. Conditions as in minibatch_ot. Satisfies
/// Coupling. Synchronises. T is the backend's scalar.
template <class T = float>
class entropic_ot {
 public:
  explicit entropic_ot(const entropic_ot_options& options = {}) : options_(options) {
    FLOWKIT_VALIDATE(options.regularization > 0 && std::isfinite(options.regularization),
                     "entropic transport with regularization ", options.regularization,
                     ": must be finite and above 0; use minibatch_ot for 0 and "
                     "independent_coupling for infinity");
  }

  template <Backend B>
    requires std::same_as<typename B::value_type, T>
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>& ws) {
    detail::validate_pairs(batch, options_.penalty);
    const scratch_scope scope(ws);
    const view_of<B, 2> noise = ws.take(batch.x0.shape());
    be.normal(noise, key.split(0));
    cost_.measure(be, batch, const_view_of<B, 2>(noise), options_.conditions, options_.penalty, ws);
    const auto dimensions = static_cast<double>(std::max<index_t>(noise.shape()[1], 1));
    const double weight = options_.regularization * dimensions;
    const auto sample = [&](index_t group, std::span<const T> costs, std::span<row_t> chosen) {
      const auto n = static_cast<index_t>(chosen.size());
      const transport_problem<T> problem{costs, n, n};
      solver_.solve(problem, {weight, options_.tolerance, options_.iteration_limit});
      sample_targets(problem, solver_.row_potentials(), solver_.column_potentials(), weight,
                     key.split(1).split(static_cast<std::uint64_t>(group)), chosen);
    };
    detail::rearrange(be, const_view_of<B, 2>(noise), cost_.pair(sample), batch.x0, ws);
  }

 private:
  entropic_ot_options options_;
  transport_cost<T> cost_;
  sinkhorn_solver solver_;
};

}  // namespace flowkit
