#include "tiled_time_convolution.hpp"

namespace flowkit::detail {
namespace {

constexpr index_t points = time_tile::points;

/// Rows, columns and terms of the products of a task: its taps and sums at all points, 256 and 512
/// KiB, stay in the second cache.
constexpr index_t task_rows = 256;
constexpr index_t task_columns = 64;
constexpr index_t task_depth = 128;
/// The same of a gradient of weights, which has one sum per weight.
constexpr index_t weight_rows = 64;
constexpr index_t weight_columns = 256;
/// Fewer channels or rows have products too small for the calls.
constexpr index_t least_channels = 32;
constexpr index_t least_rows = 32;

constexpr index_t tiles_of(index_t results) { return parts_of(results, time_tile::results); }

operand dense(const float* data, index_t columns) { return {data, columns, 1}; }

operand transposed(const float* data, index_t columns) { return {data, 1, columns}; }

/// Value i of the tile that begins at step `first`: rows are those of the batch from `row` on.
template <class T>
tile_rows<T> tile_of(const view<T, 3, host_space>& x, tile_values what, index_t first, index_t row,
                     index_t column) {
  tile_rows<T> tile{{}, x.strides()[0]};
  for (index_t i = 0; i < count_of(what); ++i) {
    const index_t step = first + i;
    if (step < 0 || step >= x.shape()[1]) continue;
    tile.at[i] = x.data() + row * x.strides()[0] + step * x.strides()[1] + column;
  }
  return tile;
}

}  // namespace

bool tiled_time_convolution::fits(const product_executor& by, const convolution_geometry& g,
                                  const extents<4>& image, index_t outputs) {
  if (!by.reads_floats() || !time_windows::fits(g, image)) return false;
  if (g.kernel[1] != time_tile::taps || g.stride[1] != 1) return false;
  if (g.padding[1] >= time_tile::taps) return false;
  const time_windows over(g, image[0], image[2]);
  const index_t tiles = tiles_of(over.windows());
  if (std::min(image[3], outputs) < least_channels || image[0] * tiles < least_rows) return false;
  index_t products = 0;
  for (index_t tap = 0; tap < time_tile::taps; ++tap) {
    products += over.within_windows(tap, {0, over.windows()}).count;
  }
  return 4 * products >= 5 * points * tiles;
}

const float* tiled_time_convolution::evaluated(growing_memory& memory,
                                               view<const float, 3, host_space> x, tile_values what,
                                               index_t tiles, index_t before) const {
  const index_t batch = x.shape()[0];
  const index_t channels = x.shape()[2];
  auto* const values = memory.grown<float>(points * batch * tiles * channels);
  pool_.for_each_index(batch, points * tiles * channels, [&](index_t b) {
    for (index_t tile = 0; tile < tiles; ++tile) {
      to_points(instructions_, what, 1, channels,
                tile_of(x, what, tile * time_tile::results - before, b, 0),
                {values + (b * tiles + tile) * channels, batch * tiles * channels, channels});
    }
  });
  return values;
}

void tiled_time_convolution::filter(view<const float, 3, host_space> x, matrix w, direction way,
                                    index_t before, float beta,
                                    view<float, 3, host_space> y) const {
  const index_t batch = x.shape()[0];
  const index_t inputs = x.shape()[2];
  const index_t outputs = y.shape()[2];
  const index_t tiles = tiles_of(y.shape()[1]);
  const grid g{cut_axis(batch, std::max<index_t>(1, task_rows / tiles)),
               cut_axis(outputs, task_columns)};
  const cut_axis depth(inputs, task_depth);
  const float* const steps = evaluated(by_.left, x, tile_values::steps, tiles, before);
  // The product of a point but for the memory of its taps and sums, which belong to a lane.
  const auto shape = [&](index_t task, const span_of& terms) {
    const span_of images = g.rows_of(task);
    const index_t columns = g.columns_of(task).size;
    return product{
        .m = images.size * tiles,
        .n = columns,
        .k = terms.size,
        .a = dense(steps + images.first * tiles * inputs + terms.first, inputs),
        .b = way == direction::forward ? dense(nullptr, columns) : transposed(nullptr, terms.size),
        .c = nullptr,
        .c_step = columns,
        .format = element::f32,
        .add = terms.first > 0};
  };
  // The taps of some inputs and outputs: w [tap, input, output], or [tap, output, input] reversed.
  const auto taps = [&](const span_of& terms, const span_of& columns) {
    tile_rows<const float> rows{{}, w.strides()[0]};
    for (index_t tap = 0; tap < time_tile::taps; ++tap) {
      rows.at[tap] =
          way == direction::forward
              ? w.data() + (tap * inputs + terms.first) * w.strides()[0] + columns.first
              : w.data() +
                    ((time_tile::taps - 1 - tap) * outputs + columns.first) * w.strides()[0] +
                    terms.first;
    }
    return rows;
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t part = 0; part < depth.count; ++part) by_.prepare(shape(task, depth.part(part)));
  }
  const index_t products = points * batch * tiles * inputs * outputs;
  by_.for_each_task(pool_, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of images = g.rows_of(task);
    const span_of columns = g.columns_of(task);
    const index_t rows = images.size * tiles;
    float* const sums = own.sums.grown<float>(points * rows * columns.size);
    auto* const weights = own.operands.grown<float>(points * task_depth * columns.size);
    for (index_t part = 0; part < depth.count; ++part) {
      const span_of terms = depth.part(part);
      const index_t size = terms.size * columns.size;
      const bool ahead = way == direction::forward;
      to_points(instructions_, tile_values::taps, ahead ? terms.size : columns.size,
                ahead ? columns.size : terms.size, taps(terms, columns),
                {weights, size, ahead ? columns.size : terms.size});
      product p = shape(task, terms);
      const auto* const first = static_cast<const float*>(p.a.data);
      for (index_t point = 0; point < points; ++point) {
        p.a.data = first + point * batch * tiles * inputs;
        p.b.data = weights + point * size;
        p.c = sums + point * rows * columns.size;
        by_.run(p, number);
      }
    }
    for (index_t tile = 0; tile < tiles; ++tile) {
      from_points(
          instructions_, tile_values::results, images.size, columns.size,
          {sums + tile * columns.size, rows * columns.size, tiles * columns.size},
          tile_of(y, tile_values::results, tile * time_tile::results, images.first, columns.first),
          beta != 0);
    }
  });
}

void tiled_time_convolution::forward(view<const float, 3, host_space> x, matrix w, float beta,
                                     view<float, 3, host_space> y) const {
  filter(x, w, direction::forward, padding_, beta, y);
}

void tiled_time_convolution::data(view<const float, 3, host_space> dy, matrix w, float beta,
                                  view<float, 3, host_space> dx) const {
  filter(dy, w, direction::backward, time_tile::taps - 1 - padding_, beta, dx);
}

void tiled_time_convolution::weights(view<const float, 3, host_space> x,
                                     view<const float, 3, host_space> dy, float beta,
                                     view<float, 2, host_space> dw) const {
  const index_t batch = x.shape()[0];
  const index_t inputs = x.shape()[2];
  const index_t outputs = dy.shape()[2];
  const index_t tiles = tiles_of(dy.shape()[1]);
  const index_t rows = batch * tiles;
  const float* const steps = evaluated(by_.left, x, tile_values::steps, tiles, padding_);
  const float* const slopes = evaluated(by_.right, dy, tile_values::results, tiles, 0);
  const grid g{cut_axis(inputs, weight_rows), cut_axis(outputs, weight_columns)};
  const auto shape = [&](index_t task) {
    const span_of columns = g.columns_of(task);
    return product{.m = g.rows_of(task).size,
                   .n = columns.size,
                   .k = rows,
                   .a = transposed(steps + g.rows_of(task).first, inputs),
                   .b = dense(slopes + columns.first, outputs),
                   .c = nullptr,
                   .c_step = columns.size,
                   .format = element::f32,
                   .add = false};
  };
  for (index_t task = 0; task < g.tasks(); ++task) by_.prepare(shape(task));
  const index_t products = points * rows * inputs * outputs;
  by_.for_each_task(pool_, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of from = g.rows_of(task);
    const span_of columns = g.columns_of(task);
    const index_t size = from.size * columns.size;
    float* const sums = own.sums.grown<float>(points * size);
    product p = shape(task);
    const auto* const a = static_cast<const float*>(p.a.data);
    const auto* const b = static_cast<const float*>(p.b.data);
    for (index_t point = 0; point < points; ++point) {
      p.a.data = a + point * rows * inputs;
      p.b.data = b + point * rows * outputs;
      p.c = sums + point * size;
      by_.run(p, number);
    }
    tile_rows<float> taps{{}, dw.strides()[0]};
    for (index_t tap = 0; tap < time_tile::taps; ++tap) {
      taps.at[tap] = dw.data() + (tap * inputs + from.first) * dw.strides()[0] + columns.first;
    }
    from_points(instructions_, tile_values::taps, from.size, columns.size,
                {sums, size, columns.size}, taps, beta != 0);
  });
}

}  // namespace flowkit::detail
