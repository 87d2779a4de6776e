// The innermost loop of matrix products: a few rows times a few vectors of columns in registers.
#pragma once

#include "../kernel_table.hpp"
#include "packets.hpp"
#include "unroll.hpp"

#include <array>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Rows that two vectors of columns leave registers for: 24 sums of 32 registers, or 12 of 16.
constexpr index_t row_limit = sizeof(packet<float>) == 64 ? 12 : 6;
constexpr index_t vector_limit = 2;

/// Few rows leave registers for many vectors of columns; with two, each sum would wait for the one
/// before.
constexpr index_t wide_vectors = 8;
constexpr index_t wide_rows = row_limit / 4;

template <class T>
constexpr index_t panel_columns = vector_limit* lanes<T>;

/// Distance of consecutive depths in a packed panel of this many rows.
constexpr index_t padded_rows(index_t rows) { return (rows + 3) / 4 * 4; }

/// One tile of c: rows x columns, accumulated over `depth`.
template <class T>
struct tile_task {
  const T* a;  ///< packed: the rows of one depth side by side
  const T* b;
  index_t b_step;  ///< distance of the rows of b
  index_t depth;
  T* c;
  index_t c_step;
  index_t columns;
  T alpha;
  T beta;
  /// Sums over depths before this task, and where they go if there are more: null at either end.
  const T* sums_before;
  T* sums_after;
  index_t sums_step;
};

template <class T, index_t Rows, index_t Vectors>
using tile_sums = std::array<std::array<packet<T>, Vectors>, Rows>;

/// c = alpha sums + beta c for tiles that fill their vectors.
template <class T, index_t Rows, index_t Vectors>
[[gnu::always_inline]] inline void store_whole(const tile_task<T>& t,
                                               const tile_sums<T, Rows, Vectors>& sums) {
  unroll<Rows>([&](auto r) {
    unroll<Vectors>([&](auto v) {
      T* c = t.c + r * t.c_step + v * lanes<T>;
      packet<T> y = packet<T>(t.alpha) * sums[r][v];
      if (t.beta != T(0)) y = fused(packet<T>(t.beta), packet<T>::load_unaligned(c), y);
      y.store_unaligned(c);
    });
  });
}

/// The same for the last columns of a matrix, from sums that lie in memory.
template <class T>
void store_tile_part(const tile_task<T>& t, index_t rows, const T* sums, index_t sums_step) {
  for (index_t r = 0; r < rows; ++r) {
    for (index_t j = 0; j < t.columns; j += lanes<T>) {
      const index_t count = t.columns - j < lanes<T> ? t.columns - j : lanes<T>;
      const cursor<T> c{t.c + r * t.c_step, 1};
      packet<T> y = packet<T>(t.alpha) * packet<T>::load_aligned(sums + r * sums_step + j);
      if (t.beta != T(0)) y = fused(packet<T>(t.beta), load_part(c, j, count), y);
      store_part(c, j, count, y);
    }
  }
}

/// Calls f(row, vector, place among the sums) for every vector of a tile.
template <class T, index_t Rows, index_t Vectors, class F>
[[gnu::always_inline]] inline void for_tile(const tile_task<T>& t, const F& f) {
  unroll<Rows>(
      [&](auto r) { unroll<Vectors>([&](auto v) { f(r, v, r * t.sums_step + v * lanes<T>); }); });
}

template <class T, index_t Rows, index_t Vectors>
void tile_kernel(const tile_task<T>& t) {
  tile_sums<T, Rows, Vectors> sums;
  unroll<Rows>([&](auto r) { unroll<Vectors>([&](auto v) { sums[r][v] = packet<T>(T(0)); }); });
  if (t.sums_before != nullptr) {
    for_tile<T, Rows, Vectors>(t, [&](auto r, auto v, index_t at) {
      sums[r][v] = packet<T>::load_aligned(t.sums_before + at);
    });
  }
  const T* a = t.a;
  const T* b = t.b;
  for (index_t p = 0; p < t.depth; ++p) {
    std::array<packet<T>, Vectors> right;
    unroll<Vectors>([&](auto v) { right[v] = packet<T>::load_unaligned(b + v * lanes<T>); });
    unroll<Rows>([&](auto r) {
      const packet<T> left(a[r]);
      unroll<Vectors>([&](auto v) { sums[r][v] = fused(left, right[v], sums[r][v]); });
    });
    a += padded_rows(Rows);
    b += t.b_step;
  }
  if (t.sums_after != nullptr) {
    for_tile<T, Rows, Vectors>(
        t, [&](auto r, auto v, index_t at) { sums[r][v].store_aligned(t.sums_after + at); });
  } else if (t.columns == Vectors * lanes<T>) {
    store_whole<T, Rows, Vectors>(t, sums);
  } else {
    // The sums themselves must not have an address, or the compiler keeps them in memory above.
    constexpr index_t width = Vectors * lanes<T>;
    alignas(64) T copy[Rows * width];
    unroll<Rows>([&](auto r) {
      unroll<Vectors>([&](auto v) { sums[r][v].store_aligned(copy + r * width + v * lanes<T>); });
    });
    store_tile_part(t, Rows, copy, width);
  }
}

template <class T>
using tile_function = void (*)(const tile_task<T>&);

/// The kernel for a number of rows (1 .. row_limit) and vectors (1, 2, or `wide_vectors` for up to
/// `wide_rows`).
template <class T>
tile_function<T> tile_kernel_for(index_t rows, index_t vectors) {
  static constexpr auto table = []<index_t... R>(std::integer_sequence<index_t, R...>) {
    return std::array<std::array<tile_function<T>, 3>, row_limit>{
        {{tile_kernel<T, R + 1, 1>, tile_kernel<T, R + 1, 2>,
          tile_kernel<T, (R < wide_rows ? R + 1 : 1), wide_vectors>}...}};
  }
  (std::make_integer_sequence<index_t, row_limit>{});
  const index_t column = vectors == wide_vectors ? 2 : vectors - 1;
  return table[static_cast<std::size_t>(rows - 1)][static_cast<std::size_t>(column)];
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
