// Optimal transport between the noise and the data of a batch.
#pragma once

#include <flowkit/coupling/assignment.hpp>
#include <flowkit/coupling/transport_cost.hpp>

namespace flowkit {

/// How a batch is transported.
struct minibatch_ot_options {
  condition_rule conditions = condition_rule::within_groups;
  double penalty = 1;  ///< of condition_rule::penalty, per squared distance of conditions
};

/// Exact optimal transport of a batch (Tong et al. 2024; Pooladian et al. 2023): x0 is the
/// permutation of independent noise that minimises the sum of squared distances to the data, so the
/// paths of a batch do not cross. Conditions are not mixed by default: noise is permuted among
/// samples of equal condition only, because elsewhere the noise of a condition would no longer be
/// standard normal. With conditions that all differ nothing is left to permute; the penalty is for
/// those. Satisfies Coupling. Synchronises. T is the backend's scalar.
template <class T = float>
class minibatch_ot {
 public:
  explicit minibatch_ot(const minibatch_ot_options& options = {}) : options_(options) {}

  template <Backend B>
    requires std::same_as<typename B::value_type, T>
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>& ws) {
    detail::validate_pairs(batch, options_.penalty);
    const scratch_scope scope(ws);
    const view_of<B, 2> noise = ws.take(batch.x0.shape());
    be.normal(noise, key);
    cost_.measure(be, batch, const_view_of<B, 2>(noise), options_.conditions, options_.penalty, ws);
    const auto assign = [&](index_t, std::span<const T> costs, std::span<row_t> chosen) {
      const auto n = static_cast<index_t>(chosen.size());
      solver_.solve(costs, n, n, chosen);
    };
    detail::rearrange(be, const_view_of<B, 2>(noise), cost_.pair(assign), batch.x0, ws);
  }

 private:
  minibatch_ot_options options_;
  transport_cost<T> cost_;
  assignment_solver solver_;
};

}  // namespace flowkit
