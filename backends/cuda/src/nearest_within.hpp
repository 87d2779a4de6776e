// The nearest reference in one space among those within a radius in another.
#pragma once

#include "search_tile.hpp"

#include <cmath>

namespace flowkit {
namespace detail {

/// The best admissible reference of one query so far.
struct admissible {
  row_t row;
  float distance;
  float feature_square;

  /// Whether another one replaces it; ties go to the lower row.
  [[nodiscard]] FLOWKIT_HD bool yields_to(const admissible& other) const {
    if (other.row < 0) return false;
    if (row < 0 || other.feature_square < feature_square) return true;
    return other.feature_square == feature_square && other.row < row;
  }
};

/// What is summed up over the elements of a pair of rows.
struct step_sums {
  float square;  ///< of the step that is being read
  float total;   ///< of the lengths of the steps before
};

/// One block per tile of queries, which walks all references.
struct nearest_within_pass {
  static constexpr int threads = search_threads;
  struct shared_memory {
    staged_rows rows;
    warp_values<int> votes;
    admissible best[tile_queries][tile_references];
  };
  row_pair chunks;
  row_pair features;
  index_t queries;
  index_t references;
  float radius;
  index_t steps;
  row_t* index;
  index_t index_step;
  float* distance;
  index_t distance_step;
  float* feature_distance;
  index_t feature_distance_step;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    auto best = block.template registers<admissible>();
    search_tile tile{block.index() * tile_queries, queries, 0, references};
    block.phase([&](int thread) { best[thread] = {-1, infinite, infinite}; });
    for (; tile.first_reference < references; tile.first_reference += tile_references) {
      const auto length = mean_step_distances(block, tile);
      auto near = block.template registers<int>();
      block.phase(
          [&](int thread) { near[thread] = tile.has(thread) && length[thread] < radius ? 1 : 0; });
      if (block_reduce(block, near, threads, shared.votes, plus{}) == 0) continue;
      auto square = block.template registers<float>();
      block.phase([&](int thread) { square[thread] = 0; });
      for_differences(block, features, tile, shared.rows,
                      [&](int thread, float d, index_t) { square[thread] += d * d; });
      block.phase([&](int thread) {
        const index_t row = tile.first_reference + search_tile::reference_of(thread);
        const admissible other{near[thread] != 0 ? static_cast<row_t>(row) : -1, length[thread],
                               square[thread]};
        if (best[thread].yields_to(other)) best[thread] = other;
      });
    }
    block.phase([&](int thread) {
      shared.best[search_tile::query_of(thread)][search_tile::reference_of(thread)] = best[thread];
    });
    block.last([&](int thread) {
      const index_t query = tile.first_query + thread;
      if (thread < tile_queries && query < queries) report(shared.best[thread], query);
    });
  }

 private:
  /// The mean over steps of the distances between corresponding steps, for every pair of a tile.
  template <class Block>
  FLOWKIT_HD auto mean_step_distances(Block& block, const search_tile& tile) const {
    auto sums = block.template registers<step_sums>();
    auto mean = block.template registers<float>();
    const index_t step_size = chunks.size / steps;
    block.phase([&](int thread) { sums[thread] = {0, 0}; });
    for_differences(block, chunks, tile, block.shared().rows,
                    [&](int thread, float d, index_t element) {
                      step_sums& sum = sums[thread];
                      sum.square += d * d;
                      const index_t next = element + 1;
                      if (next != quotient(next, step_size) * step_size) return;
                      sum.total += std::sqrt(sum.square);
                      sum.square = 0;
                    });
    block.phase([&](int thread) { mean[thread] = sums[thread].total / static_cast<float>(steps); });
    return mean;
  }

  FLOWKIT_HD void report(const admissible (&found)[tile_references], index_t query) const {
    admissible best = found[0];
    for (const admissible& other : found) {
      if (best.yields_to(other)) best = other;
    }
    index[query * index_step] = best.row;
    distance[query * distance_step] = best.row < 0 ? infinite : best.distance;
    feature_distance[query * feature_distance_step] =
        best.row < 0 ? infinite : std::sqrt(best.feature_square);
  }
};

}  // namespace detail

template <class D>
void device_ops<D>::nearest_within(const search_radius<float>& within, constant_view<2> chunks,
                                   constant_view<2> reference_chunks, constant_view<2> features,
                                   constant_view<2> reference_features,
                                   mutable_view<1, row_t> index, mutable_view<1> distance,
                                   mutable_view<1> feature_distance) {
  FLOWKIT_EXPECT(within.steps > 0 && chunks.shape()[1] % within.steps == 0);
  FLOWKIT_EXPECT(features.shape()[0] == chunks.shape()[0]);
  FLOWKIT_EXPECT(reference_features.shape()[0] == reference_chunks.shape()[0]);
  const index_t m = chunks.shape()[0];
  if (m == 0) return;
  const detail::nearest_within_pass kernel{detail::pair_rows(chunks, reference_chunks),
                                           detail::pair_rows(features, reference_features),
                                           m,
                                           reference_chunks.shape()[0],
                                           within.radius,
                                           within.steps,
                                           index.data(),
                                           index.strides()[0],
                                           distance.data(),
                                           distance.strides()[0],
                                           feature_distance.data(),
                                           feature_distance.strides()[0]};
  this->device().launch(kernel, detail::parts(m, detail::tile_queries));
}

}  // namespace flowkit
