// Kernels that walk down the columns of a stack of matrices: 32 columns per block, 8 rows at a
// time.
#pragma once

#include <flowkit/backends/device/ops.hpp>

namespace flowkit::detail {

/// Elements of a stack of matrices with contiguous columns.
template <class T>
struct stack {
  T* data;
  index_t image_step;
  index_t row_step;

  [[nodiscard]] FLOWKIT_HD T& at(index_t image, index_t row, index_t column) const {
    return data[image * image_step + row * row_step + column];
  }
};

template <class U>
stack<U> stack_of(const view<U, 3, cuda_space>& v) {
  FLOWKIT_EXPECT(v.strides()[2] == 1 || v.shape()[2] <= 1);
  return {v.data(), v.strides()[0], v.strides()[1]};
}

inline constexpr int column_side = 8;

/// One T per thread of a block that walks down columns.
template <class T>
struct column_values {
  T value[column_side][warp_threads];
};

/// What all column kernels share: 32 columns per block, and sums down a column in a fixed order.
struct column_block {
  index_t image;
  index_t tile;
  index_t rows;
  index_t columns;

  template <class Block>
  static FLOWKIT_HD column_block of(const Block& block, index_t rows, index_t columns) {
    const index_t tiles = parts(columns, warp_threads);
    const index_t image = quotient(block.index(), tiles);
    return {image, (block.index() - image * tiles) * warp_threads, rows, columns};
  }

  /// Combines f(row, column) down every column of the block into `out.value[0]`.
  template <class T, class Block, class F, class Combine>
  FLOWKIT_HD void reduce(Block& block, column_values<T>& out, const std::type_identity_t<T>& start,
                         const F& f, const Combine& combine) const {
    block.phase([&](int thread) {
      const index_t column = tile + thread % warp_threads;
      T total = start;
      for (index_t row = thread / warp_threads; row < rows && column < columns;
           row += column_side) {
        total = combine(total, f(row, column, thread % warp_threads));
      }
      out.value[thread / warp_threads][thread % warp_threads] = total;
    });
    block.phase([&](int thread) {
      if (thread >= warp_threads) return;
      T total = out.value[0][thread];
      for (int i = 1; i < column_side; ++i) total = combine(total, out.value[i][thread]);
      out.value[0][thread] = total;
    });
  }

  /// f(row, column, lane) for every element of the block, as the last thing it does.
  template <class Block, class F>
  FLOWKIT_HD void last(Block& block, const F& f) const {
    block.last([&](int thread) {
      const index_t column = tile + thread % warp_threads;
      for (index_t row = thread / warp_threads; row < rows && column < columns;
           row += column_side) {
        f(row, column, thread % warp_threads);
      }
    });
  }
};

/// Blocks that cover the columns of all matrices.
inline index_t column_blocks(index_t images, index_t columns) {
  return images * parts(columns, warp_threads);
}

/// [batch, height, width, channel] as a stack of matrices: [batch, position, channel].
template <class U>
stack<U> pixels_of(const view<U, 4, cuda_space>& v) {
  return {v.data(), v.strides()[0], positions(v).strides()[0]};
}

}  // namespace flowkit::detail
