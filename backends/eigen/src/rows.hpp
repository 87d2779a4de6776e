// Views of rank 3 and 4 as the matrices that kernels take.
#pragma once

#include "kernel_table.hpp"

#include <flowkit/core/view.hpp>

namespace flowkit {

/// Matrix i of a stack; its columns must be contiguous.
template <class T>
matrix<T> matrix_of(const view<T, 3, host_space>& v, index_t i) {
  FLOWKIT_EXPECT(v.shape()[2] <= 1 || v.strides()[2] == 1);
  return {v.data() + i * v.strides()[0], v.strides()[1]};
}

/// The const form of the same matrix.
template <class T>
matrix<const T> constant(const matrix<T>& m) {
  return {m.data, m.step};
}

/// [batch, height, width, channel] as a matrix of one row per position. The rows must lie at equal
/// distances: the view may be a range of channels of a dense array, but not a range of positions.
template <class T>
view<T, 2, host_space> positions(const view<T, 4, host_space>& v) {
  const extents<4>& shape = v.shape();
  const extents<4>& strides = v.strides();
  FLOWKIT_EXPECT(shape[3] <= 1 || strides[3] == 1);
  const index_t step = shape[2] > 1 ? strides[2] : shape[1] > 1 ? strides[1] : strides[0];
  FLOWKIT_EXPECT(shape[1] <= 1 || strides[1] == shape[2] * step);
  FLOWKIT_EXPECT(shape[0] <= 1 || strides[0] == shape[1] * shape[2] * step);
  return {v.data(), extents<2>{shape[0] * shape[1] * shape[2], shape[3]}, extents<2>{step, 1}};
}

}  // namespace flowkit
