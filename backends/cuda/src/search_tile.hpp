// Squared distances between a tile of queries and a tile of references, through shared memory.
#pragma once

#include <flowkit/backends/device/ops.hpp>

namespace flowkit::detail {

/// Queries and references of a tile, and the elements of a row that are held at once.
inline constexpr int tile_queries = 16;
inline constexpr int tile_references = 16;
inline constexpr int tile_depth = 16;
inline constexpr int search_threads = tile_queries * tile_references;

/// Rows of one space: those of queries and those of references.
struct row_pair {
  const float* query;
  index_t query_step;
  const float* reference;
  index_t reference_step;
  index_t size;  ///< elements of a row
};

inline row_pair pair_rows(const view<const float, 2, cuda_space>& queries,
                          const view<const float, 2, cuda_space>& references) {
  FLOWKIT_EXPECT(queries.shape()[1] == references.shape()[1]);
  FLOWKIT_EXPECT(contiguous_rows(queries) && contiguous_rows(references));
  return {queries.data(), queries.strides()[0], references.data(), references.strides()[0],
          queries.shape()[1]};
}

/// A part of the rows of a tile. One column more than needed, so that neighbouring rows begin in
/// different banks.
struct staged_rows {
  float query[tile_queries][tile_depth + 1];
  float reference[tile_references][tile_depth + 1];
};

/// Which rows a tile compares; those from `last_...` on do not exist.
struct search_tile {
  index_t first_query;
  index_t last_query;
  index_t first_reference;
  index_t last_reference;

  /// Every thread has one pair.
  [[nodiscard]] static FLOWKIT_HD int query_of(int thread) { return thread / tile_references; }
  [[nodiscard]] static FLOWKIT_HD int reference_of(int thread) { return thread % tile_references; }
  [[nodiscard]] FLOWKIT_HD bool has(int thread) const {
    return first_query + query_of(thread) < last_query &&
           first_reference + reference_of(thread) < last_reference;
  }
};

/// Brings elements [first, first + tile_depth) of the rows of a tile into shared memory.
FLOWKIT_HD inline void stage(const row_pair& rows, const search_tile& tile, index_t first,
                             int thread, staged_rows& staged) {
  const int row = thread / tile_depth;
  const int at = thread % tile_depth;
  const bool inside = first + at < rows.size;
  const index_t q = tile.first_query + row;
  const index_t r = tile.first_reference + row;
  staged.query[row][at] =
      inside && q < tile.last_query ? rows.query[q * rows.query_step + first + at] : 0.0f;
  staged.reference[row][at] = inside && r < tile.last_reference
                                  ? rows.reference[r * rows.reference_step + first + at]
                                  : 0.0f;
}
static_assert(tile_queries * tile_depth == search_threads &&
              tile_references * tile_depth == search_threads);

/// Calls f(thread, difference, element) for every pair of the tile and every element of its rows,
/// in ascending order of elements.
template <class Block, class F>
FLOWKIT_HD void for_differences(Block& block, const row_pair& rows, const search_tile& tile,
                                staged_rows& staged, const F& f) {
  for (index_t first = 0; first < rows.size; first += tile_depth) {
    const index_t depth = least<index_t>(tile_depth, rows.size - first);
    block.phase([&](int thread) { stage(rows, tile, first, thread, staged); });
    block.phase([&](int thread) {
      const float* const q = staged.query[search_tile::query_of(thread)];
      const float* const r = staged.reference[search_tile::reference_of(thread)];
      for (index_t i = 0; i < depth; ++i) f(thread, q[i] - r[i], first + i);
    });
  }
}

}  // namespace flowkit::detail
