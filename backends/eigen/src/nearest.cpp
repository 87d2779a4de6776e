// The k nearest references of every query.
#include "search_tile.hpp"

namespace flowkit {
namespace {

/// The k best of one query so far, ascending; a new one goes behind its equals.
template <class T>
struct ranking {
  index_t size;
  row_t* index;
  T* distance;

  void clear() {
    std::fill_n(index, size, row_t{-1});
    std::fill_n(distance, size, std::numeric_limits<T>::infinity());
  }
  [[nodiscard]] T worst() const { return distance[size - 1]; }
  void offer(index_t row, T value) {
    if (!(value < worst())) return;
    index_t at = size - 1;
    for (; at > 0 && value < distance[at - 1]; --at) {
      distance[at] = distance[at - 1];
      index[at] = index[at - 1];
    }
    distance[at] = value;
    index[at] = static_cast<row_t>(row);
  }
};

template <class T>
void rank_row(const kernel_table<T>& table, const row_pair<T>& rows, const search_tile& tile,
              const T* products, index_t query, T largest, ranking<T> best) {
  const index_t count = tile.last_reference - tile.first_reference;
  for (index_t j = 0; j < count; ++j) {
    j = table.first_below(row_of(rows, tile, products, query, largest, best.worst()), j, count);
    if (j == count) return;
    const index_t row = tile.first_reference + j;
    best.offer(row, table.squared_distance(rows.size, rows.query(query), rows.reference(row)));
  }
}

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
  const auto best = [&](index_t q) {
    return ranking<T>{k, index.data() + q * k, distance.data() + q * k};
  };
  T* const tiles = state::grown(*this, state_->lowered, this->threads() * tile_size);
  const auto search = [&](index_t first, index_t last, index_t part) {
    T* const packed = state_->packed[static_cast<std::size_t>(part)].data();
    T* const products = tiles + part * tile_size;
    for (index_t q = first; q < last; ++q) best(q).clear();
    for_tiles(first, last, n, [&](const search_tile& tile) {
      multiply(table, rows, tile, packed, products);
      const T largest = largest_norm(rows, tile);
      for (index_t q = first; q < last; ++q) {
        rank_row(table, rows, tile, products, q, largest, best(q));
      }
    });
  };
  for_query_blocks(this->pool(), this->threads(), m, search);
}

template void eigen<float>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                    mutable_view<2>);
template void eigen<double>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                     mutable_view<2>);

}  // namespace flowkit
