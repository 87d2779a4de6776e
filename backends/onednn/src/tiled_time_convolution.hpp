// The three passes of a convolution over time with eight products for every four results.
#pragma once

#include "executor.hpp"
#include "time_windows.hpp"

#include <flowkit/backends/time_tiles.hpp>

namespace flowkit::detail {

/// As `time_convolution`, for five taps without stride in f32: tiles of steps and taps are
/// evaluated at eight points, and a pass is a product of matrices for each point. The taps of a
/// task are evaluated in the second cache, a few channels at a time.
class tiled_time_convolution {
 public:
  using matrix = view<const float, 2, host_space>;

  tiled_time_convolution(product_executor& by, thread_pool& pool, instruction_set set,
                         const convolution_geometry& g)
      : by_(by), pool_(pool), instructions_(set), padding_(g.padding[1]) {}

  /// Whether a pass with so many results takes fewer multiplications, by enough to pay for the
  /// maps: windows for forward and weights, steps of the image for data. Rounding operands to bf16
  /// at the points would cost too many digits.
  static bool fits(const product_executor& by, const convolution_geometry& g,
                   const extents<4>& image, index_t outputs, index_t results);

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
  /// A gradient of data is a convolution with the taps in the opposite order.
  enum class direction { forward, backward };

  /// How far the operands and the sums of a point lie behind those of the one before.
  struct point_steps {
    index_t a;
    index_t b;
    index_t c;
  };

  /// Values of the tiles of x at the points: [point, batch, tile, channel], made by all threads.
  /// The first tile begins `before` steps before x.
  const float* evaluated(growing_memory& memory, view<const float, 3, host_space> x,
                         tile_values what, index_t tiles, index_t before) const;
  /// y = x * w + beta y in either direction; the first window begins `before` steps before x.
  void filter(view<const float, 3, host_space> x, matrix w, direction way, index_t before,
              float beta, view<float, 3, host_space> y) const;
  /// Runs a prepared product, which has the operands of the first point, at all of them.
  void run_at_points(product p, const point_steps& steps, std::size_t lane_number) const;
  /// The results of the sums [point, row, column] of some tiles and columns, beside beta times what
  /// y holds.
  void release(const float* sums, const span_of& tiles, const span_of& columns, float beta,
               view<float, 3, host_space> y) const;

  product_executor& by_;
  thread_pool& pool_;
  instruction_set instructions_;
  index_t padding_;
};

}  // namespace flowkit::detail
