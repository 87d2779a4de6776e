// The nearest reference in one space among those within a radius in another.
#include "search_tile.hpp"

#include <cmath>

namespace flowkit {
namespace {

/// Mean over `steps` of the Euclidean distance of corresponding steps; infinity as soon as it
/// cannot stay below the radius, since a sum of distances only grows.
template <class T>
T mean_step_distance(const T* a, const T* b, index_t steps, index_t step_size, double radius) {
  const double limit = radius * static_cast<double>(steps) * (1 + 1e-6);
  double total = 0;
  for (index_t s = 0; s < steps; ++s) {
    double square = 0;
    for (index_t i = s * step_size; i < (s + 1) * step_size; ++i) {
      const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      square += difference * difference;
    }
    total += std::sqrt(square);
    if (total > limit) return std::numeric_limits<T>::infinity();
  }
  return static_cast<T>(total / static_cast<double>(steps));
}

/// The best admissible reference of one query so far.
template <class T>
struct admissible {
  index_t row = -1;
  T distance = 0;
  T feature_distance = std::numeric_limits<T>::infinity();  ///< squared
};

template <class T>
struct admission {
  row_pair<T> chunks;
  row_pair<T> features;
  T radius;
  index_t steps;

  /// Steps of a chunk whose mean distance is below the radius differ by less than steps * radius
  /// in the Euclidean norm of the whole chunk.
  [[nodiscard]] T chunk_limit() const {
    const T reach = radius * static_cast<T>(steps);
    return reach * reach;
  }

  void consider(const kernel_table<T>& table, index_t query, index_t row,
                admissible<T>& best) const {
    const T distance = mean_step_distance(chunks.query(query), chunks.reference(row), steps,
                                          chunks.size / steps, static_cast<double>(radius));
    if (!(distance < radius)) return;
    const T feature =
        table.squared_distance(features.size, features.query(query), features.reference(row));
    const bool nearer = feature < best.feature_distance;
    if (nearer || (feature == best.feature_distance && (best.row < 0 || row < best.row))) {
      best = {row, distance, feature};
    }
  }
};

/// Products of both spaces for one tile.
template <class T>
struct tile_products {
  const T* chunks;
  const T* features;
  T largest_chunk;
  T largest_feature;
};

/// Measures the candidate whose features look nearest first: if it is admissible it rules out
/// nearly all others. Then the rest of the tile in ascending order.
template <class T>
void admit_row(const kernel_table<T>& table, const admission<T>& rule, const search_tile& tile,
               const tile_products<T>& products, index_t query, admissible<T>& best) {
  const index_t count = tile.last_reference - tile.first_reference;
  if (!can_approximate(rule.chunks.query_norms[query], products.largest_chunk) ||
      !can_approximate(rule.features.query_norms[query], products.largest_feature)) {
    for (index_t j = 0; j < count; ++j) {
      rule.consider(table, query, tile.first_reference + j, best);
    }
    return;
  }
  const approximation<T> chunk =
      row_of(rule.chunks, tile, products.chunks, query, products.largest_chunk, rule.chunk_limit());
  const auto feature = [&] {
    return row_of(rule.features, tile, products.features, query, products.largest_feature,
                  best.feature_distance);
  };
  const index_t likely = table.lowest_below_both(chunk, feature(), count);
  if (likely < 0) return;
  rule.consider(table, query, tile.first_reference + likely, best);
  for (index_t j = 0; j < count; ++j) {
    j = table.first_below_both(chunk, feature(), j, count);
    if (j < count) rule.consider(table, query, tile.first_reference + j, best);
  }
}

/// Writes what was found for one query; distances that do not exist are infinite.
template <class T>
void report(const admissible<T>& best, row_t& row, T& distance, T& feature_distance) {
  row = static_cast<row_t>(best.row);
  distance = best.row < 0 ? std::numeric_limits<T>::infinity() : best.distance;
  feature_distance = std::sqrt(best.feature_distance);
}

}  // namespace

template <class T>
void eigen<T>::nearest_within(const search_radius<T>& within, constant_view<2> chunks,
                              constant_view<2> reference_chunks, constant_view<2> features,
                              constant_view<2> reference_features, mutable_view<1, row_t> index,
                              mutable_view<1> distance, mutable_view<1> feature_distance) {
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const index_t m = chunks.shape()[0];
  const index_t n = reference_chunks.shape()[0];
  admission<T> rule{pair_rows<T>(chunks, reference_chunks),
                    pair_rows<T>(features, reference_features), within.radius, within.steps};
  FLOWKIT_EXPECT(within.steps > 0 && rule.chunks.size % within.steps == 0);
  FLOWKIT_EXPECT(features.shape()[0] == m && reference_features.shape()[0] == n);
  T* const memory = this->scratch(2 * (m + n) + rule.chunks.size + rule.features.size);
  measure_norms(table, rule.chunks, m, n, memory);
  measure_norms(table, rule.features, m, n, memory + m + n + rule.chunks.size);
  T* const tiles = state::grown(*this, state_->lowered, this->threads() * 2 * tile_size);
  const auto search = [&](index_t first, index_t last, index_t part) {
    T* const packed = state_->packed[static_cast<std::size_t>(part)].data();
    T* const products = tiles + part * 2 * tile_size;
    std::array<admissible<T>, block_queries> best{};
    for_tiles(first, last, n, [&](const search_tile& tile) {
      T* const feature_products = products + tile_size;
      multiply(table, rule.chunks, tile, packed, products);
      multiply(table, rule.features, tile, packed, feature_products);
      const tile_products<T> both{products, feature_products, largest_norm(rule.chunks, tile),
                                  largest_norm(rule.features, tile)};
      for (index_t q = first; q < last; ++q) {
        admit_row(table, rule, tile, both, q, best[static_cast<std::size_t>(q - first)]);
      }
    });
    for (index_t q = first; q < last; ++q) {
      report(best[static_cast<std::size_t>(q - first)], index(q), distance(q), feature_distance(q));
    }
  };
  for_query_blocks(this->pool(), this->threads(), m, block_queries, search);
}

template void eigen<float>::nearest_within(const search_radius<float>&, constant_view<2>,
                                           constant_view<2>, constant_view<2>, constant_view<2>,
                                           mutable_view<1, row_t>, mutable_view<1>,
                                           mutable_view<1>);
template void eigen<double>::nearest_within(const search_radius<double>&, constant_view<2>,
                                            constant_view<2>, constant_view<2>, constant_view<2>,
                                            mutable_view<1, row_t>, mutable_view<1>,
                                            mutable_view<1>);

}  // namespace flowkit
