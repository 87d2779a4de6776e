// The three passes of a convolution over time.
#pragma once

#include "executor.hpp"
#include "time_windows.hpp"

namespace flowkit::detail {

/// Operands in the memory of the caller: x [batch, steps, inputs] and y [batch, windows, outputs]
/// with any steps between rows, w [taps * inputs, outputs]. The result is added to beta times
/// (0 or 1) what its target holds.
struct time_convolution {
  using matrix = view<const float, 2, host_space>;

  product_executor& by;
  thread_pool& pool;
  instruction_set instructions;
  time_windows over;

  /// y = x * w + beta y
  void forward(view<const float, 3, host_space> x, matrix w, float beta,
               view<float, 3, host_space> y) const;
  /// dx = the gradient of x + beta dx
  void data(view<const float, 3, host_space> dy, matrix w, float beta,
            view<float, 3, host_space> dx) const;
  /// dw = the gradient of w + beta dw
  void weights(view<const float, 3, host_space> x, view<const float, 3, host_space> dy, float beta,
               view<float, 2, host_space> dw) const;

 private:
  enum class order { windows, slots };

  /// A copy [position, batch, channels] in the format of operands.
  const std::byte* collected(growing_memory& memory, view<const float, 3, host_space> x,
                             order by_what) const;
  /// Held weights in the format of operands, in the parts of columns that the forward pass works
  /// on: one after the other, each dense. Null where weights are not held or read where they lie.
  const std::byte* kept_columns(matrix w) const;
  /// Adds the sums [position, batch, column] of a task to its part of the target.
  void release(const float* sums, const span_of& positions, const span_of& columns, float beta,
               view<float, 3, host_space> y, order by_what) const;
};

}  // namespace flowkit::detail
