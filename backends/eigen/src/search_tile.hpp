// Tiles of approximate distances: what the exact searches have in common.
//
// |q - r|^2 = |q|^2 + (|r|^2 - 2 q.r), so one matrix product gives all distances of a tile, but
// with cancellation. A pair whose approximate distance is below the best one so far plus the
// rounding bound of that expression may therefore be among the nearest: it is measured again
// directly, at once or, where many nearest are wanted, if it is still a candidate at the end. The
// result is that of measuring every pair directly.
#pragma once

#include "state.hpp"

#include <cmath>
#include <limits>

namespace flowkit {
namespace {

constexpr index_t block_queries = 192;
constexpr index_t block_references = 512;
constexpr index_t tile_size = block_queries * block_references;

/// Rows of one space: queries against references.
template <class T>
struct row_pair {
  matrix<const T> queries;
  matrix<const T> references;
  index_t size;                    ///< columns
  const T* query_norms = nullptr;  ///< squared
  const T* reference_norms = nullptr;

  [[nodiscard]] const T* query(index_t i) const { return queries.data + i * queries.step; }
  [[nodiscard]] const T* reference(index_t j) const {
    return references.data + j * references.step;
  }
};

template <class T>
[[nodiscard]] row_pair<T> pair_rows(view<const T, 2, host_space> queries,
                                    view<const T, 2, host_space> references) {
  FLOWKIT_EXPECT(queries.shape()[1] == references.shape()[1]);
  FLOWKIT_EXPECT(queries.shape()[1] <= 1 ||
                 (queries.strides()[1] == 1 && references.strides()[1] == 1));
  return {{queries.data(), queries.strides()[0]},
          {references.data(), references.strides()[0]},
          queries.shape()[1]};
}

/// Bound on the rounding error of the expanded square of one pair.
template <class T>
T rounding_bound(index_t size, T query_norm, T reference_norm) {
  return T(2) * static_cast<T>(size + 8) * std::numeric_limits<T>::epsilon() *
         (query_norm + reference_norm);
}

/// Whether neither the expanded square nor its bound overflows. Else pairs are measured.
template <class T>
bool can_approximate(T query_norm, T reference_norm) {
  return std::isfinite(query_norm + reference_norm);
}

/// A block of queries against a tile of references.
struct search_tile {
  index_t first_query;
  index_t last_query;
  index_t first_reference;
  index_t last_reference;
};

/// The products -2 q.r of a tile, rows `block_references` apart.
template <class T>
void multiply(const kernel_table<T>& table, const row_pair<T>& rows, const search_tile& tile,
              T* packed, T* products) {
  table.gemm({tile.last_query - tile.first_query,
              tile.last_reference - tile.first_reference,
              rows.size,
              T(-2),
              {rows.query(tile.first_query), rows.queries.step, 1},
              {rows.reference(tile.first_reference), 1, rows.references.step},
              T(0),
              products,
              block_references},
             packed);
}

/// One query's row of a tile, to be compared with a limit on the squared distance.
template <class T>
approximation<T> row_of(const row_pair<T>& rows, const search_tile& tile, const T* products,
                        index_t query, T largest_norm, T limit) {
  const T norm = rows.query_norms[query];
  return {products + (query - tile.first_query) * block_references,
          rows.reference_norms + tile.first_reference,
          limit - norm + rounding_bound(rows.size, norm, largest_norm)};
}

template <class T>
T largest_norm(const row_pair<T>& rows, const search_tile& tile) {
  T largest = 0;
  for (index_t j = tile.first_reference; j < tile.last_reference; ++j) {
    largest = std::max(largest, rows.reference_norms[j]);
  }
  return largest;
}

/// Calls f(tile) for the tiles of a block of queries, in ascending order of references.
template <class F>
void for_tiles(index_t first_query, index_t last_query, index_t references, const F& f) {
  for (index_t r = 0; r < references; r += block_references) {
    f(search_tile{first_query, last_query, r, std::min(references, r + block_references)});
  }
}

/// Squared norms of the rows of both matrices, in memory of `queries + references + size` elements.
template <class T>
void measure_norms(const kernel_table<T>& table, row_pair<T>& rows, index_t queries,
                   index_t references, T* memory) {
  T* const zero = memory + queries + references;
  std::fill_n(zero, rows.size, T(0));
  for (index_t i = 0; i < queries; ++i) {
    memory[i] = table.squared_distance(rows.size, rows.query(i), zero);
  }
  for (index_t j = 0; j < references; ++j) {
    memory[queries + j] = table.squared_distance(rows.size, rows.reference(j), zero);
  }
  rows.query_norms = memory;
  rows.reference_norms = memory + queries;
}

/// Calls f(first query, last query, part) for blocks of so many queries; `part` < parts names the
/// scratch memory to use.
template <class F>
void for_query_blocks(thread_pool& pool, index_t parts, index_t queries, index_t block_size,
                      const F& f) {
  const index_t blocks = (queries + block_size - 1) / block_size;
  pool.for_each_index(parts, [&](index_t part) {
    for (index_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block) {
      const index_t first = block * block_size;
      f(first, std::min(queries, first + block_size), part);
    }
  });
}

}  // namespace
}  // namespace flowkit
