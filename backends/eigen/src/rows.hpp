// Views of rank 3 and 4 as the matrices that kernels take.
#pragma once

#include "kernel_table.hpp"

#include <flowkit/backend/geometry.hpp>
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

}  // namespace flowkit
