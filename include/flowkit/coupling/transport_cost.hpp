// The cost matrix between the data and the noise of a batch, on the host.
#pragma once

#include <flowkit/core/scalar_option.hpp>
#include <flowkit/coupling/concepts.hpp>
#include <flowkit/coupling/condition_groups.hpp>

#include <vector>

namespace flowkit {

/// Costs of giving noise row j to data row i, [n, n] on the host, and the groups within which noise
/// may move. The cost is the squared distance |x1_i - x0_j|^2, plus `penalty` |c_i - c_j|^2 where
/// asked for, without the squared norms: they add constants to rows and columns, which change
/// neither a best assignment nor an entropic plan, and would only cancel. What remains is
/// -2 (x1 x0^T + penalty c c^T), two matrix products. Synchronises; keeps its memory.
template <class T>
class transport_cost {
 public:
  template <Backend B>
  void measure(B& be, const pair_batch<B>& batch, const_view_of<B, 2> noise, condition_rule rule,
               double penalty, workspace<B>& ws) {
    const scratch_scope scope(ws);
    const index_t n = noise.shape()[0];
    const view_of<B, 2> cost = ws.take(extents<2>{n, n});
    be.gemm(transpose::no, transpose::yes, T(-2), batch.x1, noise, T(0), cost);
    const bool conditional = batch.condition.shape()[1] > 0;
    if (conditional && rule == condition_rule::penalty) {
      be.gemm(transpose::no, transpose::yes, static_cast<T>(-2 * penalty), batch.condition,
              batch.condition, T(1), cost);
    }
    fetch(be, flatten(const_view_of<B, 2>(cost)), costs_);
    const bool grouped = conditional && rule == condition_rule::within_groups;
    if (grouped) {
      const view_of<B, 2> dense = ws.take(batch.condition.shape());
      be.copy(dense, batch.condition);
      fetch(be, flatten(const_view_of<B, 2>(dense)), conditions_);
    }
    groups_.find(grouped ? std::span<const T>(conditions_) : std::span<const T>(), n,
                 grouped ? batch.condition.shape()[1] : 0);
    rows_ = n;
  }

  /// Pairs the rows of every group: `choose(group, costs, chosen)` gets the costs between its n
  /// members [n, n], row-major, and writes for each of them which one's noise it is given. Returns
  /// for every row of the batch the row of its noise; valid until the next call.
  template <class Choose>
  [[nodiscard]] std::span<const row_t> pair(Choose&& choose) {
    source_.resize(static_cast<std::size_t>(rows_));
    for (index_t g = 0; g < groups_.count(); ++g) {
      const std::span<const row_t> members = groups_.group(g);
      chosen_.resize(members.size());
      choose(g, within(members), std::span<row_t>(chosen_));
      for (std::size_t i = 0; i < members.size(); ++i) {
        source_[static_cast<std::size_t>(members[i])] =
            members[static_cast<std::size_t>(chosen_[i])];
      }
    }
    return source_;
  }

 private:
  /// The costs between the members of one group.
  std::span<const T> within(std::span<const row_t> members) {
    if (static_cast<index_t>(members.size()) == rows_) return costs_;
    block_.clear();
    for (const row_t i : members) {
      for (const row_t j : members) {
        block_.push_back(costs_[static_cast<std::size_t>(index_t{i} * rows_ + j)]);
      }
    }
    return block_;
  }

  template <class B>
  static void fetch(B& be, const_view_of<B, 1> from, std::vector<T>& to) {
    to.resize(static_cast<std::size_t>(from.size()));
    be.download(std::span<T>(to), from);
  }

  std::vector<T> costs_;
  std::vector<T> conditions_;
  std::vector<T> block_;
  std::vector<row_t> chosen_;
  std::vector<row_t> source_;
  condition_groups groups_;
  index_t rows_ = 0;
};

namespace detail {

/// Checks a batch that transport is to pair.
template <class B>
void validate_pairs(const pair_batch<B>& batch, double penalty) {
  FLOWKIT_VALIDATE(batch.x0.shape() == batch.x1.shape(), "noise of shape ", batch.x0.shape(),
                   " cannot be paired with data of shape ", batch.x1.shape(),
                   ": give x0 the shape of x1, one row of noise per row of data");
  FLOWKIT_VALIDATE(
      batch.condition.shape()[1] == 0 || batch.condition.shape()[0] == batch.x1.shape()[0],
      "conditions of shape ", batch.condition.shape(), " for ", batch.x1.shape()[0],
      " samples: every sample needs one");
  FLOWKIT_VALIDATE(
      contiguous_rows(batch.x0) && contiguous_rows(batch.x1) && contiguous_rows(batch.condition),
      "noise, data and conditions with strides ", batch.x0.strides(), ", ", batch.x1.strides(),
      " and ", batch.condition.strides(),
      ": the numbers of a sample must lie one after the other; copy what is spread ",
      "out into a tensor first");
  const scalar_option<typename B::value_type> factor(2 * penalty);
  FLOWKIT_VALIDATE(
      factor.not_negative(), "a condition penalty of ", penalty, ", which costs have twice, ",
      factor,
      ", would reward mixing conditions or leave no finite cost: give a value >= 0 "
      "that is not as large, or keep conditions apart with condition_rule::within_groups");
}

/// Writes row source[i] of the noise to row i of x0.
template <class B>
void rearrange(B& be, const_view_of<B, 2> noise, std::span<const row_t> source, view_of<B, 2> x0,
               workspace<B>& ws) {
  const scratch_scope scope(ws);
  const view_of<B, 1, row_t> rows = ws.template take<1, row_t>(extents<1>{noise.shape()[0]});
  be.upload(rows, source);
  be.gather_rows(noise, rows, x0);
}

}  // namespace detail
}  // namespace flowkit
