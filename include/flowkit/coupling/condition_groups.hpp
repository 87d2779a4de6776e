// Which samples of a batch share a condition.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>
#include <vector>

namespace flowkit {

/// How a transport coupling treats the conditions of a batch.
enum class condition_rule {
  within_groups,  ///< noise moves only between samples of equal condition: nothing is mixed
  penalty,        ///< moving noise between conditions costs their squared distance
  ignore,         ///< conditions play no part; noise is then no longer independent of them
};

/// Groups of equal rows of a matrix on the host. Keeps its memory between batches.
class condition_groups {
 public:
  /// Finds the groups of `conditions` [rows, columns]; rows are equal if all their numbers are.
  /// Without columns there is one group. Throws invalid_input for a number that is not finite.
  /// Allocates when larger than every batch before.
  template <class T>
  void find(std::span<const T> conditions, index_t rows, index_t columns);

  [[nodiscard]] index_t count() const { return static_cast<index_t>(begin_.size()) - 1; }
  /// Rows of a group, ascending. Groups are in the order of their conditions.
  [[nodiscard]] std::span<const row_t> group(index_t g) const {
    const auto first = static_cast<std::size_t>(begin_[static_cast<std::size_t>(g)]);
    const auto last = static_cast<std::size_t>(begin_[static_cast<std::size_t>(g) + 1]);
    return std::span<const row_t>(order_).subspan(first, last - first);
  }

 private:
  std::vector<row_t> order_;
  std::vector<index_t> begin_{0};
};

extern template void condition_groups::find(std::span<const float>, index_t, index_t);
extern template void condition_groups::find(std::span<const double>, index_t, index_t);

}  // namespace flowkit
