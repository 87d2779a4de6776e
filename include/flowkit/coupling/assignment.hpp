// Exact linear assignment: which column each row gets, at the least total cost.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/coupling/row_scan.hpp>

#include <span>
#include <vector>

namespace flowkit {

/// Solves min over injective s of sum_i cost(i, s(i)) by shortest augmenting paths (Jonker and
/// Volgenant, Computing 38, 1987): column reduction, reduction transfer and two rounds of
/// augmenting row reduction give most rows their column, Dijkstra searches the rest.
///
/// Exact: all arithmetic is in double, and the prices u (rows) and v (columns) that come with the
/// result prove it up to rounding, since cost(i, j) - u_i - v_j >= 0 everywhere, = 0 where
/// assigned, and a row or column that stays free has price 0 while all others of its side are <= 0.
/// Time O(n^2 m) at worst for n = min(rows, columns), m = max; memory O(m), and a transposed copy
/// of the costs when there are more rows than columns.
///
/// Deterministic, with the same bits on every machine: rows are served in input order, and of equal
/// values the first row or column is taken, except that a search ends at a free column if it can.
/// One object serves one thread. It keeps its memory: solving again at no larger size does not
/// allocate.
class assignment_solver {
 public:
  /// Assigns rows to columns. `costs` is row-major [rows, columns]; +infinity forbids a pair.
  /// Writes the column of every row, or -1 for the rows that stay free when there are more rows
  /// than columns. Returns the total cost. Throws invalid_input if sizes disagree, if a cost is NaN
  /// or -infinity, or if forbidden pairs leave some row (or column, if those are fewer) without a
  /// partner. Allocates when larger than every problem before.
  double solve(std::span<const float> costs, index_t rows, index_t columns,
               std::span<row_t> column_of_row);
  double solve(std::span<const double> costs, index_t rows, index_t columns,
               std::span<row_t> column_of_row);

  /// Prices u and v of the last solution; valid until the next call.
  [[nodiscard]] std::span<const double> row_prices() const {
    return transposed_ ? column_price_ : row_price_;
  }
  [[nodiscard]] std::span<const double> column_prices() const {
    return transposed_ ? row_price_ : column_price_;
  }

 private:
  /// A column with a final distance, taken out of the search.
  struct settled_column {
    row_t column;
    double distance;
    double price;
  };

  template <class T>
  double solve_any(std::span<const T> costs, index_t rows, index_t columns,
                   std::span<row_t> column_of_row);
  template <class T>
  void solve_wide(const T* costs);
  template <class T>
  void reduce_columns(const T* costs);
  template <class T>
  void transfer_reductions(const T* costs);
  template <class T>
  void reduce_free_rows(const T* costs);
  template <class T>
  row_t displace(const T* costs, row_t row, bool& lowered);
  template <class T>
  void augment(const T* costs, row_t free_row);
  template <class T>
  row_t search(const T* costs, row_t free_row);
  row_t nearest_open_column(double least) const;
  [[noreturn]] void refuse(row_t row) const;
  detail::search_front front();

  // The problem as solved: never more rows than columns.
  index_t rows_ = 0;
  index_t columns_ = 0;
  bool transposed_ = false;

  std::vector<double> row_price_;
  std::vector<double> column_price_;
  std::vector<row_t> column_of_row_;
  std::vector<row_t> row_of_column_;
  std::vector<row_t> free_rows_;
  std::vector<settled_column> settled_;
  std::vector<double> distance_;
  std::vector<double> from_;
  std::vector<double> block_least_;
  std::vector<double> transposed_costs_;
};

}  // namespace flowkit
