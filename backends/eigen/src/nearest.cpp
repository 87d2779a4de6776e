// The k nearest references of every query.
#include "search_tile.hpp"

namespace flowkit {
namespace {

/// The k best of one query so far; of equal distances the lower row, which is offered first, is the
/// better. A few are kept sorted. Many are kept as a heap whose root is the worst, since moving
/// half of them for every new one would cost more than the distances; they are sorted at the end.
template <class T>
class ranking {
 public:
  ranking(index_t size, row_t* index, T* distance)
      : size_(size), index_(index), distance_(distance) {}

  void clear() {
    std::fill_n(index_, size_, row_t{-1});
    std::fill_n(distance_, size_, std::numeric_limits<T>::infinity());
  }
  [[nodiscard]] T worst() const { return distance_[is_heap() ? 0 : size_ - 1]; }
  void offer(index_t row, T value) {
    if (!(value < worst())) return;
    if (is_heap()) return sift_down(size_, static_cast<row_t>(row), value);
    index_t at = size_ - 1;
    for (; at > 0 && value < distance_[at - 1]; --at) put(at, index_[at - 1], distance_[at - 1]);
    put(at, static_cast<row_t>(row), value);
  }
  /// Sorts ascending.
  void finish() {
    if (!is_heap()) return;
    for (index_t last = size_ - 1; last > 0; --last) {
      const row_t row = index_[last];
      const T value = distance_[last];
      put(last, index_[0], distance_[0]);
      sift_down(last, row, value);
    }
  }

 private:
  static constexpr index_t sorted_size = 32;

  [[nodiscard]] bool is_heap() const { return size_ > sorted_size; }
  void put(index_t at, row_t row, T value) {
    index_[at] = row;
    distance_[at] = value;
  }
  [[nodiscard]] bool worse(index_t at, row_t row, T value) const {
    return distance_[at] > value || (distance_[at] == value && index_[at] > row);
  }
  /// Puts an entry in the place of the root of the first `count`.
  void sift_down(index_t count, row_t row, T value) {
    index_t at = 0;
    for (index_t child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && worse(child + 1, index_[child], distance_[child])) ++child;
      if (!worse(child, row, value)) break;
      put(at, index_[child], distance_[child]);
      at = child;
    }
    put(at, row, value);
  }

  index_t size_;
  row_t* index_;
  T* distance_;
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
    return ranking<T>(k, index.data() + q * k, distance.data() + q * k);
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
    for (index_t q = first; q < last; ++q) best(q).finish();
  };
  for_query_blocks(this->pool(), this->threads(), m, search);
}

template void eigen<float>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                    mutable_view<2>);
template void eigen<double>::nearest(constant_view<2>, constant_view<2>, mutable_view<2, row_t>,
                                     mutable_view<2>);

}  // namespace flowkit
