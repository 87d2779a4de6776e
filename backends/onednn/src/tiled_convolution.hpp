// The three passes of a convolution with fewer products than taps times results.
#pragma once

#include "executor.hpp"
#include "tile_tasks.hpp"

#include <flowkit/backend/geometry.hpp>

#include <optional>

namespace flowkit::detail {

/// Operands in the memory of the caller: x [batch, height, width, inputs] and y [batch, height',
/// width', outputs] with channels next to each other, w [taps * inputs, outputs]. Tiles of steps
/// and taps along lines are evaluated at a few points, and a pass is a product of matrices for each
/// point and each line of the kernel. The taps of a task are evaluated in the second cache, a few
/// channels at a time. Time is an image of one line.
class tiled_convolution {
 public:
  using images = view<const float, 4, host_space>;
  using matrix = view<const float, 2, host_space>;
  using changed_images = view<float, 4, host_space>;

  tiled_convolution(product_executor& by, thread_pool& pool, instruction_set set,
                    const convolution_geometry& g, const line_tile& tile)
      : by_(by), pool_(pool), instructions_(set), geometry_(g), tile_(tile) {}

  /// The tile with which a pass takes fewest multiplications, if that is by enough to pay for the
  /// maps. `results` are lines and columns of what the pass computes, or sums over: windows for
  /// forward and weights, the image for data. In bf16 only gradients of weights, whose errors do
  /// not add up from layer to layer, and only tiles whose points cost about a bit.
  static std::optional<line_tile> best_tile(const product_executor& by, image_pass pass,
                                            const convolution_geometry& g, const extents<4>& image,
                                            index_t outputs, const extents<2>& results);

  /// y = x * w + beta y
  void forward(images x, matrix w, float beta, changed_images y) const;
  /// dx = the gradient of x + beta dx
  void data(images dy, matrix w, float beta, changed_images dx) const;
  /// dw = the gradient of w + beta dw
  void weights(images x, images dy, float beta, view<float, 2, host_space> dw) const;

 private:
  /// A gradient of data is a convolution with the taps in the opposite order.
  enum class direction { forward, backward };

  /// How many lines and steps before an image its first window begins.
  struct offset {
    index_t lines;
    index_t steps;
  };

  /// Lines of results, and the first of the lines that they meet under a line of the kernel.
  struct line_run {
    index_t line;
    index_t met;
    index_t count;
  };

  /// How far the operands (bytes) and the sums of a point lie behind those of the one before.
  struct point_steps {
    index_t a;
    index_t b;
    index_t c;
  };

  [[nodiscard]] index_t tiles_of(index_t results) const { return parts_of(results, tile_.results); }
  /// The order of the tiles of images of which a line has so many results.
  [[nodiscard]] tile_order order_of(const extents<4>& image, index_t results) const;
  /// What the results of some lines meet under a line of the kernel.
  [[nodiscard]] static line_run met_under(index_t down, const span_of& lines, index_t above,
                                          index_t lines_of_image);
  /// The taps of line `down` of the kernel, from a row and a column on.
  template <class T>
  [[nodiscard]] tile_rows<T> taps_of(const view<T, 2, host_space>& w, index_t down, index_t row,
                                     index_t column) const;

  /// As `to_points`, in the format of operands: the matrices of the points lie `point_step` numbers
  /// apart, rows without gaps.
  void evaluate(tile_values what, index_t rows, index_t columns, const tile_rows<const float>& from,
                std::byte* to, index_t point_step) const;
  /// Values of the tiles of x at the points: [point, row, channel], made by all threads. The first
  /// tile of a line begins `before` steps before x.
  const std::byte* evaluated(growing_memory& memory, images x, tile_values what,
                             const tile_order& order, const cut_axis& blocks, index_t before) const;
  /// The taps of line `down` of the kernel at the points, [point, term, column] forward and [point,
  /// column, term] backward, where the kernel is mirrored.
  void evaluate_taps(matrix w, direction way, index_t down, const span_of& terms,
                     const span_of& columns, std::byte* to) const;
  /// The taps of all parts of columns, lines of the kernel and parts of the depth, one after the
  /// other, where many tasks need them and they are few; null where each task evaluates its own.
  const std::byte* shared_taps(matrix w, direction way, const filter_grid& g, const cut_axis& depth,
                               index_t part_bytes) const;
  /// y = x * w + beta y in either direction.
  void filter(images x, matrix w, direction way, const offset& before, float beta,
              changed_images y) const;
  /// Runs a prepared product, which has the operands of the first point, at all of them.
  void run_at_points(product p, const point_steps& steps, std::size_t lane_number) const;
  /// The results of the sums [point, row, column] of some rows and columns, beside beta times what
  /// y holds.
  void release(const float* sums, const tile_order& order, const cut_axis& blocks,
               const span_of& rows, const span_of& columns, float beta, changed_images y) const;

  product_executor& by_;
  thread_pool& pool_;
  instruction_set instructions_;
  convolution_geometry geometry_;
  line_tile tile_;
};

}  // namespace flowkit::detail
