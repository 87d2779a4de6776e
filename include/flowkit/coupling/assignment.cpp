// Exact linear assignment after Jonker and Volgenant. Names: the price of a column is its dual
// variable v, a reduced cost is cost - v, the price of a row u is the least reduced cost it sees.
#include <flowkit/core/error.hpp>
#include <flowkit/coupling/assignment.hpp>

#include <algorithm>
#include <limits>

namespace flowkit {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr row_t none = -1;

std::size_t as_size(index_t n) { return static_cast<std::size_t>(n); }

template <class T>
void validate(std::span<const T> costs, index_t rows, index_t columns,
              std::span<const row_t> column_of_row) {
  constexpr index_t limit = std::numeric_limits<row_t>::max();
  FLOWKIT_VALIDATE(rows >= 0 && columns >= 0 && rows <= limit && columns <= limit, "assignment of ",
                   rows, " rows to ", columns,
                   " columns (sizes are 0 to 2^31 - 1): pass the shape of the cost matrix");
  FLOWKIT_VALIDATE(static_cast<index_t>(costs.size()) == rows * columns, "assignment with ",
                   costs.size(), " costs (", rows, " rows and ", columns, " columns need ",
                   rows * columns, "): pass a row-major matrix without padding");
  FLOWKIT_VALIDATE(static_cast<index_t>(column_of_row.size()) == rows, "assignment writes to ",
                   column_of_row.size(), " entries (", rows,
                   " rows need one each): resize the result");
  // Negated, so that NaN counts; a sum over all entries, because a loop with an exit is scalar.
  constexpr T least = -std::numeric_limits<T>::infinity();
  const auto unusable = [](T cost) { return !(cost > least); };
  if (std::count_if(costs.begin(), costs.end(), unusable) == 0) return;
  const index_t at = std::find_if(costs.begin(), costs.end(), unusable) - costs.begin();
  detail::throw_invalid_input(
      text("cost of row ", at / columns, " and column ", at % columns, " is ", costs[as_size(at)],
           " (a cost must be a number or +infinity, which forbids the pair): look for non-finite "
           "samples in what the costs were computed from"));
}

/// Copies row-major [rows, columns] to [columns, rows], in tiles that stay in the cache.
template <class T>
void transpose(std::span<const T> in, index_t rows, index_t columns, std::vector<double>& out) {
  constexpr index_t tile = 32;
  out.resize(in.size());
  for (index_t r0 = 0; r0 < rows; r0 += tile) {
    for (index_t c = 0; c < columns; ++c) {
      for (index_t r = r0; r < std::min(r0 + tile, rows); ++r) {
        out[as_size(c * rows + r)] = static_cast<double>(in[as_size(r * columns + c)]);
      }
    }
  }
}

}  // namespace

detail::search_front assignment_solver::front() {
  return {columns_, column_price_.data(), distance_.data(), from_.data(), block_least_.data()};
}

double assignment_solver::solve(std::span<const float> costs, index_t rows, index_t columns,
                                std::span<row_t> column_of_row) {
  return solve_any(costs, rows, columns, column_of_row);
}

double assignment_solver::solve(std::span<const double> costs, index_t rows, index_t columns,
                                std::span<row_t> column_of_row) {
  return solve_any(costs, rows, columns, column_of_row);
}

template <class T>
double assignment_solver::solve_any(std::span<const T> costs, index_t rows, index_t columns,
                                    std::span<row_t> column_of_row) {
  validate<T>(costs, rows, columns, column_of_row);
  transposed_ = rows > columns;
  rows_ = std::min(rows, columns);
  columns_ = std::max(rows, columns);
  if (transposed_) {
    transpose(costs, rows, columns, transposed_costs_);
    solve_wide(transposed_costs_.data());
    std::copy_n(row_of_column_.begin(), rows, column_of_row.begin());
  } else {
    solve_wide(costs.data());
    std::copy_n(column_of_row_.begin(), rows, column_of_row.begin());
  }
  double total = 0;
  for (index_t i = 0; i < rows; ++i) {
    const row_t column = column_of_row[as_size(i)];
    if (column != none) total += static_cast<double>(costs[as_size(i * columns + column)]);
  }
  return total;
}

/// Solves the problem of rows_ <= columns_.
template <class T>
void assignment_solver::solve_wide(const T* costs) {
  row_price_.assign(as_size(rows_), 0.0);
  column_price_.assign(as_size(columns_), 0.0);
  column_of_row_.assign(as_size(rows_), none);
  row_of_column_.assign(as_size(columns_), none);
  distance_.resize(as_size(columns_));
  from_.resize(as_size(columns_));
  block_least_.resize(as_size(detail::scan_blocks(columns_)));
  settled_.reserve(as_size(columns_));
  free_rows_.clear();
  free_rows_.reserve(as_size(rows_));

  // Only where every column will be taken may the price of a free one differ from zero.
  if (rows_ == columns_) reduce_columns(costs);
  transfer_reductions(costs);
  reduce_free_rows(costs);
  reduce_free_rows(costs);
  for (const row_t row : free_rows_) augment(costs, row);

  for (index_t i = 0; i < rows_; ++i) {
    const index_t column = column_of_row_[as_size(i)];
    row_price_[as_size(i)] =
        static_cast<double>(costs[i * columns_ + column]) - column_price_[as_size(column)];
  }
}

/// Prices each column at its least cost and gives it to the row of that cost, if still free.
template <class T>
void assignment_solver::reduce_columns(const T* costs) {
  const auto& scans = detail::best_row_scans<T>();
  std::fill(distance_.begin(), distance_.end(), infinity);
  std::fill(from_.begin(), from_.end(), double{none});
  for (index_t i = 0; i < rows_; ++i) {
    scans.relax({costs + i * columns_, 0.0, static_cast<double>(i)}, front());
  }
  for (index_t j = 0; j < columns_; ++j) {
    const auto row = static_cast<row_t>(from_[as_size(j)]);
    if (row == none) continue;  // no row may take this column; the search will say so
    column_price_[as_size(j)] = distance_[as_size(j)];
    if (column_of_row_[as_size(row)] != none) continue;
    column_of_row_[as_size(row)] = static_cast<row_t>(j);
    row_of_column_[as_size(j)] = row;
  }
}

/// Lowers the price of an assigned column to what its row would pay elsewhere, which makes other
/// columns dearer by comparison; collects the rows without a column.
template <class T>
void assignment_solver::transfer_reductions(const T* costs) {
  const auto& scans = detail::best_row_scans<T>();
  for (index_t i = 0; i < rows_; ++i) {
    const row_t column = column_of_row_[as_size(i)];
    if (column == none) {
      free_rows_.push_back(static_cast<row_t>(i));
      continue;
    }
    const auto least =
        scans.smallest(costs + i * columns_, column_price_.data(), columns_, block_least_.data());
    if (least.column == column && least.second < infinity) {
      column_price_[as_size(column)] -= least.second - least.first;
    }
  }
}

/// Gives each free row its cheapest column. The row that held it moves on at once while prices
/// fall, at most as often as there are rows: price wars are slower than the search.
template <class T>
void assignment_solver::reduce_free_rows(const T* costs) {
  index_t moves_left = rows_;
  std::size_t waiting = 0;
  for (row_t row : free_rows_) {
    bool lowered = true;
    while (row != none && lowered && moves_left-- > 0) row = displace(costs, row, lowered);
    if (row != none) free_rows_[waiting++] = row;  // never ahead of the loop
  }
  free_rows_.resize(waiting);
}

/// Gives `row` its cheapest column and returns the row that is without one now, or none. `lowered`
/// tells whether the price of that column fell.
template <class T>
row_t assignment_solver::displace(const T* costs, row_t row, bool& lowered) {
  const auto& scans = detail::best_row_scans<T>();
  const auto least = scans.smallest(costs + index_t{row} * columns_, column_price_.data(), columns_,
                                    block_least_.data());
  if (least.first == infinity) refuse(row);
  index_t column = least.column;
  double& price = column_price_[as_size(column)];
  const double lower = price - (least.second - least.first);
  lowered = lower < price && lower > -infinity;
  if (lowered) {
    price = lower;
  } else if (row_of_column_[as_size(column)] != none && least.tied_column != none) {
    column = least.tied_column;
  }
  const row_t holder = row_of_column_[as_size(column)];
  if (holder != none) column_of_row_[as_size(holder)] = none;
  column_of_row_[as_size(row)] = static_cast<row_t>(column);
  row_of_column_[as_size(column)] = row;
  return holder;
}

/// Assigns one more row along the shortest alternating path to a free column.
template <class T>
void assignment_solver::augment(const T* costs, row_t free_row) {
  row_t column = search(costs, free_row);
  const double length = distance_[as_size(column)];
  for (const settled_column& s : settled_) {
    column_price_[as_size(s.column)] = s.price + (s.distance - length);
  }
  while (column != none) {
    const auto row = static_cast<row_t>(from_[as_size(column)]);
    row_of_column_[as_size(column)] = row;
    std::swap(column, column_of_row_[as_size(row)]);
  }
}

/// Settles columns in the order of their distance and returns the first free one. Settled columns
/// leave with price -infinity, which puts them out of reach; `settled_` keeps their values.
template <class T>
row_t assignment_solver::search(const T* costs, row_t free_row) {
  const auto& scans = detail::best_row_scans<T>();
  settled_.clear();
  std::fill(distance_.begin(), distance_.end(), infinity);
  row_t row = free_row;
  double offset = 0;
  while (true) {
    const T* const cost = costs + index_t{row} * columns_;
    const double least = scans.relax({cost, offset, static_cast<double>(row)}, front());
    if (least == infinity) refuse(free_row);
    const row_t column = nearest_open_column(least);
    row = row_of_column_[as_size(column)];
    if (row == none) return column;
    double& price = column_price_[as_size(column)];
    settled_.push_back({column, least, price});
    offset = static_cast<double>(costs[index_t{row} * columns_ + column]) - price - least;
    price = -infinity;
    distance_[as_size(column)] = infinity;
  }
}

/// The first free column at distance `least`, or the first of all when every one is taken.
row_t assignment_solver::nearest_open_column(double least) const {
  row_t first = none;
  for (std::size_t block = 0; block < block_least_.size(); ++block) {
    if (block_least_[block] != least) continue;
    const index_t begin = static_cast<index_t>(block) * detail::scan_block;
    const index_t end = std::min(begin + detail::scan_block, columns_);
    for (index_t j = begin; j < end; ++j) {
      if (distance_[as_size(j)] != least) continue;
      if (row_of_column_[as_size(j)] == none) return static_cast<row_t>(j);
      if (first == none) first = static_cast<row_t>(j);
    }
  }
  return first;
}

void assignment_solver::refuse(row_t row) const {
  detail::throw_invalid_input(
      text(transposed_ ? "column " : "row ", row,
           " cannot be assigned (all pairs it could form are forbidden by an infinite cost, or "
           "needed by others): allow more pairs, or balance the groups"));
}

}  // namespace flowkit
