// Passes over one row of a cost matrix: the inner loops of exact assignment, vectorised.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>

namespace flowkit::detail {

/// Columns whose least value is kept in one place, so that the column of a least value is found
/// without a second pass over the row.
inline constexpr index_t scan_block = 64;

/// Entries that `block_least` needs for a row of so many columns.
constexpr index_t scan_blocks(index_t columns) { return (columns + scan_block - 1) / scan_block; }

/// The two least reduced costs (cost - price) of a row. Equal values go to the lower column.
struct two_least {
  double first;
  double second;
  index_t column;
  /// Column of `second`; known only where both values are equal and finite, otherwise -1.
  index_t tied_column;
};

/// State of a shortest-path search over columns, one entry per column.
struct search_front {
  index_t columns;
  /// Price of a column, minus infinity for a settled one: then no path can improve it.
  const double* price;
  /// Length of the shortest known path, infinity for a settled column.
  double* distance;
  /// Row that path comes from. A double, as wide as the distance: one mask selects both.
  double* from;
  /// Least distance of each block of columns.
  double* block_least;
};

/// A row that enters the search: its edge to column j has length cost[j] - price[j] - offset.
template <class T>
struct entering_row {
  const T* cost;
  double offset;
  double id;
};

/// The passes, compiled for one instruction set. All sets give the same bits: the passes only
/// subtract and compare, element by element, and equal values always go to the lower index.
template <class T>
struct row_scans {
  /// Finds the two least values of cost - price. Overwrites `block_least`.
  two_least (*smallest)(const T* cost, const double* price, index_t columns, double* block_least);
  /// Shortens the distances through one more row and returns the least of them.
  double (*relax)(const entering_row<T>& row, const search_front& front);
};

/// The passes for the best instruction set of this machine, T = float or double.
template <class T>
const row_scans<T>& best_row_scans();

/// The passes for every instruction set this machine can run, plainest first. For tests.
template <class T>
std::span<const row_scans<T>> usable_row_scans();

}  // namespace flowkit::detail
