// The k nearest references of every query.
#include "nearest_rows.hpp"

#include <array>

namespace flowkit {
namespace {

/// Rows up to which a sorted list is the fastest way to keep the nearest.
constexpr index_t few = 32;

/// Candidates that a thread keeps at once; where queries have more, fewer of them share a tile.
constexpr index_t candidates_limit = index_t{1} << 22;

/// What a block of queries is compared with, and the scratch memory of the part that does it.
template <class T>
struct block_search {
  const kernel_table<T>& table;
  const row_pair<T>& rows;
  index_t references;
  T* packed;
  T* products;

  /// Fills best[i], the nearest rows of query first + i.
  template <class Best>
  void operator()(index_t first, index_t last, Best* best) const {
    for_tiles(first, last, references, [&](const search_tile& tile) {
      multiply(table, rows, tile, packed, products);
      const T largest = largest_norm(rows, tile);
      for (index_t q = first; q < last; ++q) offer_tile(tile, q, largest, best[q - first]);
    });
    for (index_t q = first; q < last; ++q) best[q - first].finish(distance_from(q));
  }

 private:
  [[nodiscard]] auto distance_from(index_t query) const {
    return [this, query](row_t row) {
      return table.squared_distance(rows.size, rows.query(query), rows.reference(row));
    };
  }

  template <class Best>
  void offer_tile(const search_tile& tile, index_t query, T largest, Best& best) const {
    const T norm = rows.query_norms[query];
    if (!can_approximate(norm, largest)) return measure_tile(tile, query, best);
    row_t columns[block_references];
    const approximation<T> near = row_of(rows, tile, products, query, largest, best.limit());
    const index_t count =
        table.columns_below(near, tile.last_reference - tile.first_reference, columns);
    const T error = rounding_bound(rows.size, norm, largest);
    best.expect_error(error);
    for (index_t i = 0; i < count; ++i) {
      const T without_query = near.products[columns[i]] + near.norms[columns[i]];
      if (!(without_query < best.limit() + (error - norm))) continue;  // the limit has fallen
      best.offer(static_cast<row_t>(tile.first_reference + columns[i]), without_query + norm,
                 distance_from(query));
    }
  }

  template <class Best>
  void measure_tile(const search_tile& tile, index_t query, Best& best) const {
    const auto measure = distance_from(query);
    for (index_t j = tile.first_reference; j < tile.last_reference; ++j) {
      const T value = measure(static_cast<row_t>(j));
      if (value < best.limit()) best.offer(static_cast<row_t>(j), value, measure);
    }
  }
};

}  // namespace

template <class T>
void eigen<T>::nearest(constant_view<2> queries, constant_view<2> references,
                       mutable_view<2, row_t> index, mutable_view<2> distance) {
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const index_t m = queries.shape()[0];
  const index_t n = references.shape()[0];
  const index_t k = index.shape()[1];
  FLOWKIT_EXPECT(index.dense() && distance.dense() && index.shape() == distance.shape());
  FLOWKIT_EXPECT(index.shape()[0] == m && k >= 1);
  row_pair<T> rows = pair_rows<T>(queries, references);
  measure_norms(table, rows, m, n, this->scratch(m + n + rows.size));
  T* const tiles = state::grown(*this, state_->lowered, this->threads() * tile_size);
  const index_t room = k > few ? many_nearest<T>::room(k, n) : 0;
  const index_t block = std::clamp<index_t>(candidates_limit / std::max<index_t>(room, 1), 1,
                                            std::min(std::max<index_t>(m, 1), block_queries));
  const index_t parts = std::min<index_t>(this->threads(), (m + block - 1) / block);
  search_candidate<T>* const candidates =
      state::grown(*this, state_->candidates, parts * block * room);
  for_query_blocks(this->pool(), parts, m, block, [&](index_t first, index_t last, index_t part) {
    const block_search<T> search{table, rows, n,
                                 state_->packed[static_cast<std::size_t>(part)].data(),
                                 tiles + part * tile_size};
    const auto fill = [&](auto best, const auto& nearest_of) {
      for (index_t q = first; q < last; ++q) {
        best[static_cast<std::size_t>(q - first)] = nearest_of(q);
      }
      search(first, last, best.data());
    };
    if (k > few) {
      fill(std::array<many_nearest<T>, block_queries>{}, [&](index_t q) {
        return many_nearest<T>(k, candidates + (part * block + q - first) * room,
                               index.data() + q * k, distance.data() + q * k);
      });
    } else {
      fill(std::array<few_nearest<T>, block_queries>{}, [&](index_t q) {
        return few_nearest<T>(k, index.data() + q * k, distance.data() + q * k);
      });
    }
  });
}

template void eigen<float>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                    mutable_view<2>);
template void eigen<double>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                     mutable_view<2>);

}  // namespace flowkit
