// The k nearest references of every query: exact distances, running rankings.
#pragma once

#include "search_tile.hpp"

namespace flowkit {
namespace detail {

/// The k best so far, ascending; a new one goes behind its equals.
struct ranking {
  index_t size;
  row_t* index;
  float* distance;

  FLOWKIT_HD void clear() const {
    for (index_t i = 0; i < size; ++i) {
      index[i] = -1;
      distance[i] = infinite;
    }
  }
  FLOWKIT_HD void offer(row_t row, float value) const {
    if (!(value < distance[size - 1])) return;
    index_t at = size - 1;
    for (; at > 0 && value < distance[at - 1]; --at) {
      distance[at] = distance[at - 1];
      index[at] = index[at - 1];
    }
    distance[at] = value;
    index[at] = row;
  }
};

/// Rankings of every query over every part of the references: [query, part, k].
struct rankings {
  index_t queries;
  index_t references;
  index_t part_references;  ///< a multiple of tile_references
  index_t parts;
  index_t k;
  row_t* index;
  float* distance;

  [[nodiscard]] FLOWKIT_HD ranking of(index_t query, index_t part) const {
    const index_t at = (query * parts + part) * k;
    return {k, index + at, distance + at};
  }
};

/// One block per tile of queries and part of the references, which it walks in ascending order.
struct nearest_pass {
  static constexpr int threads = search_threads;
  struct shared_memory {
    staged_rows rows;
    float distance[tile_queries][tile_references + 1];
  };
  row_pair rows;
  rankings best;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    auto square = block.template registers<float>();
    const index_t group = quotient(block.index(), best.parts);
    const index_t part = block.index() - group * best.parts;
    const index_t first = part * best.part_references;
    const index_t last = least(first + best.part_references, best.references);
    search_tile tile{group * tile_queries, best.queries, first, last};
    block.phase([&](int thread) {
      if (in_charge(tile, thread)) best.of(tile.first_query + thread, part).clear();
    });
    for (; tile.first_reference < last; tile.first_reference += tile_references) {
      block.phase([&](int thread) { square[thread] = 0; });
      for_differences(block, rows, tile, shared.rows,
                      [&](int thread, float d, index_t) { square[thread] += d * d; });
      block.phase([&](int thread) {
        shared.distance[search_tile::query_of(thread)][search_tile::reference_of(thread)] =
            square[thread];
      });
      block.phase([&](int thread) {
        if (!in_charge(tile, thread)) return;
        const ranking ranked = best.of(tile.first_query + thread, part);
        const index_t count = least<index_t>(tile_references, last - tile.first_reference);
        for (index_t r = 0; r < count; ++r) {
          ranked.offer(static_cast<row_t>(tile.first_reference + r), shared.distance[thread][r]);
        }
      });
    }
  }

 private:
  /// Whether a thread keeps the ranking of a query.
  static FLOWKIT_HD bool in_charge(const search_tile& tile, int thread) {
    return thread < tile_queries && tile.first_query + thread < tile.last_query;
  }
};

/// Merges the rankings of the parts, which are in ascending order of references.
struct merge_pass {
  static constexpr int threads = 128;
  using shared_memory = no_shared_memory;
  rankings from;
  row_t* index;
  float* distance;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, from.queries, threads, 1, [&](index_t q) {
      const ranking best{from.k, index + q * from.k, distance + q * from.k};
      best.clear();
      for (index_t part = 0; part < from.parts; ++part) {
        const ranking found = from.of(q, part);
        for (index_t i = 0; i < from.k && found.index[i] >= 0; ++i) {
          best.offer(found.index[i], found.distance[i]);
        }
      }
    });
  }
};

/// References per part: enough parts to occupy a device although there are few queries.
inline index_t references_per_part(index_t references) {
  constexpr index_t least_part = 1024;
  constexpr index_t most_parts = 64;
  const index_t even = parts(parts(references, most_parts), tile_references) * tile_references;
  return even < least_part ? least_part : even;
}

}  // namespace detail

template <class D>
void device_ops<D>::nearest(constant_view<2> queries, constant_view<2> references,
                            mutable_view<2, row_t> index, mutable_view<2> distance) {
  const index_t m = queries.shape()[0];
  const index_t n = references.shape()[0];
  const index_t k = index.shape()[1];
  FLOWKIT_EXPECT(index.dense() && distance.dense() && index.shape() == distance.shape());
  FLOWKIT_EXPECT(index.shape()[0] == m && k >= 1);
  if (m == 0) return;
  const index_t size = detail::references_per_part(n);
  const index_t count = n > 0 ? detail::parts(n, size) : 1;
  detail::rankings best{m, n, size, count, k, index.data(), distance.data()};
  if (count > 1) {
    float* const memory = this->scratch(use::search, 2 * m * count * k);
    best.distance = memory;
    best.index = reinterpret_cast<row_t*>(memory + m * count * k);
  }
  this->device().launch(detail::nearest_pass{detail::pair_rows(queries, references), best},
                        detail::parts(m, detail::tile_queries) * count);
  if (count == 1) return;
  this->device().launch(detail::merge_pass{best, index.data(), distance.data()},
                        detail::parts(m, detail::merge_pass::threads));
}

}  // namespace flowkit
