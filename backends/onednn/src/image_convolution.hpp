// The three passes of a convolution over images.
#pragma once

#include "image_windows.hpp"

namespace flowkit::detail {

/// Operands in the memory of the caller: x [batch, height, width, inputs] with any steps between
/// pixels, y as the dense rows [windows, outputs], w [taps * inputs, outputs]. Results are added
/// to what their target holds where `add`, else they replace it. Windows are collected a few lines
/// at a time, so that they stay in the second cache.
struct image_convolution {
  using matrix = view<const float, 2, host_space>;

  product_executor& by;
  thread_pool& pool;
  instruction_set instructions;
  image_windows over;

  void forward(view<const float, 4, host_space> x, matrix w, bool add,
               view<float, 2, host_space> y) const;
  /// Always adds; images are shared out, so that no two threads meet in one.
  void data(matrix dy, matrix w, view<float, 4, host_space> dx) const;
  void weights(view<const float, 4, host_space> x, matrix dy, bool add,
               view<float, 2, host_space> dw) const;
};

}  // namespace flowkit::detail
