#include "tiled_time_convolution.hpp"

#include <algorithm>

namespace flowkit::detail {
namespace {

constexpr index_t points = time_tile::points;

/// Rows (tiles), columns and terms of the products of a task: its taps and sums at all points, 256
/// and 512 KiB at most, stay in the second cache.
constexpr index_t task_rows = 256;
constexpr index_t task_columns = 64;
constexpr index_t task_depth = 128;
/// The same of a gradient of weights, which has one sum per weight.
constexpr index_t weight_rows = 64;
constexpr index_t weight_columns = 256;
/// Parts that are smaller cost more in calls and maps than other threads win.
constexpr index_t least_task_rows = 64;
constexpr index_t least_task_columns = 32;
/// Fewer channels or rows have products too small for the calls.
constexpr index_t least_channels = 32;
constexpr index_t least_rows = 48;

constexpr index_t tiles_of(index_t results) { return parts_of(results, time_tile::results); }

/// An axis cut into at least `wanted` parts, unless they were smaller than `least`, and none larger
/// than `most`.
constexpr cut_axis cut_into(index_t length, index_t wanted, index_t least, index_t most) {
  return {length, std::clamp(rounded_up(parts_of(length, wanted), least), least, most)};
}

/// Tasks that a pass is cut into at least: each packs its operands, or evaluates the taps, for
/// itself, and twice as many take one thread 5 to 15 % longer where channels are few.
constexpr index_t least_tasks = wanted_tasks / 4;

/// The tasks of a pass with results in so many tiles and channels. Columns first: a part of the
/// rows evaluates the taps once more.
constexpr grid filter_grid(index_t rows, index_t columns) {
  const cut_axis across = cut_into(columns, least_tasks / 2, least_task_columns, task_columns);
  const index_t wanted = parts_of(least_tasks, across.count);
  return {cut_into(rows, wanted, least_task_rows, task_rows), across};
}

operand dense(const float* data, index_t columns) { return {data, columns, 1}; }

operand transposed(const float* data, index_t columns) { return {data, 1, columns}; }

/// The tile of an image that begins at step `first`.
template <class T>
tile_rows<T> tile_of(const view<T, 3, host_space>& x, tile_values what, index_t image,
                     index_t first, index_t column) {
  tile_rows<T> tile{{}, 0};
  for (index_t i = 0; i < count_of(what); ++i) {
    const index_t step = first + i;
    if (step < 0 || step >= x.shape()[1]) continue;
    tile.at[i] = x.data() + image * x.strides()[0] + step * x.strides()[1] + column;
  }
  return tile;
}

/// The taps of a matrix [tap, row, column] from a row and a column on.
template <class T>
tile_rows<T> taps_of(const view<T, 2, host_space>& w, index_t row, index_t column) {
  tile_rows<T> taps{{}, w.strides()[0]};
  const index_t rows = w.shape()[0] / time_tile::taps;
  for (index_t tap = 0; tap < time_tile::taps; ++tap) {
    taps.at[tap] = w.data() + (tap * rows + row) * w.strides()[0] + column;
  }
  return taps;
}

accumulate beside(float beta) { return beta == 0 ? accumulate::overwrite : accumulate::add; }

}  // namespace

bool tiled_time_convolution::fits(const product_executor& by, const convolution_geometry& g,
                                  const extents<4>& image, index_t outputs, index_t results) {
  if (!by.reads_floats() || !time_windows::fits(g, image)) return false;
  if (g.kernel[1] != time_tile::taps || g.stride[1] != 1) return false;
  if (g.padding[1] >= time_tile::taps) return false;
  const index_t tiles = tiles_of(results);
  if (std::min(image[3], outputs) < least_channels || image[0] * tiles < least_rows) return false;
  const time_windows over(g, image[0], image[2]);
  index_t products = 0;
  for (index_t tap = 0; tap < time_tile::taps; ++tap) {
    products += over.within_windows(tap, {0, over.windows()}).count;
  }
  return 2 * products >= 3 * points * tiles;
}

const float* tiled_time_convolution::evaluated(growing_memory& memory,
                                               view<const float, 3, host_space> x, tile_values what,
                                               index_t tiles, index_t before) const {
  FLOWKIT_EXPECT(x.strides()[2] == 1);
  const index_t rows = x.shape()[0] * tiles;
  const index_t channels = x.shape()[2];
  auto* const values = memory.grown<float>(points * rows * channels);
  pool_.for_each_index(rows, points * rows * channels, [&](index_t row) {
    const index_t first = row % tiles * time_tile::results - before;
    to_points(instructions_, what, 1, channels, tile_of(x, what, row / tiles, first, 0),
              {values + row * channels, rows * channels, channels});
  });
  return values;
}

void tiled_time_convolution::run_at_points(product p, const point_steps& steps,
                                           std::size_t lane_number) const {
  const auto* a = static_cast<const float*>(p.a.data);
  const auto* b = static_cast<const float*>(p.b.data);
  for (index_t point = 0; point < points; ++point) {
    p.a.data = a + point * steps.a;
    p.b.data = b + point * steps.b;
    by_.run(p, lane_number);
    p.c += steps.c;
  }
}

void tiled_time_convolution::release(const float* sums, const span_of& tiles,
                                     const span_of& columns, float beta,
                                     view<float, 3, host_space> y) const {
  const index_t of_image = tiles_of(y.shape()[1]);
  for (index_t i = 0; i < tiles.size; ++i) {
    const index_t tile = tiles.first + i;
    const index_t first = tile % of_image * time_tile::results;
    from_points(instructions_, tile_values::results, 1, columns.size,
                {sums + i * columns.size, tiles.size * columns.size, columns.size},
                tile_of(y, tile_values::results, tile / of_image, first, columns.first),
                beside(beta));
  }
}

void tiled_time_convolution::filter(view<const float, 3, host_space> x, matrix w, direction way,
                                    index_t before, float beta,
                                    view<float, 3, host_space> y) const {
  FLOWKIT_EXPECT(w.strides()[1] == 1 && y.strides()[2] == 1);
  const bool ahead = way == direction::forward;
  const index_t inputs = x.shape()[2];
  const index_t tiles = tiles_of(y.shape()[1]);
  const index_t rows = x.shape()[0] * tiles;
  const grid g = filter_grid(rows, y.shape()[2]);
  const cut_axis depth(inputs, task_depth);
  const float* const steps = evaluated(by_.left, x, tile_values::steps, tiles, before);
  // The product of the first point, but for its taps and sums, which lie in the memory of a lane.
  const auto shape = [&](index_t task, const span_of& terms) {
    const span_of part = g.rows_of(task);
    const index_t columns = g.columns_of(task).size;
    return product{.m = part.size,
                   .n = columns,
                   .k = terms.size,
                   .a = dense(steps + part.first * inputs + terms.first, inputs),
                   .b = ahead ? dense(nullptr, columns) : transposed(nullptr, terms.size),
                   .c = nullptr,
                   .c_step = columns,
                   .format = element::f32,
                   .add = terms.first > 0};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t part = 0; part < depth.count; ++part) by_.prepare(shape(task, depth.part(part)));
  }
  const index_t products = points * rows * inputs * y.shape()[2];
  by_.for_each_task(pool_, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of columns = g.columns_of(task);
    const index_t results = g.rows_of(task).size * columns.size;
    auto* const sums = own.sums.grown<float>(points * results);
    auto* const taps = own.operands.grown<float>(points * task_depth * columns.size);
    for (index_t part = 0; part < depth.count; ++part) {
      const span_of terms = depth.part(part);
      const index_t size = terms.size * columns.size;
      if (ahead) {
        to_points(instructions_, tile_values::taps, terms.size, columns.size,
                  taps_of(w, terms.first, columns.first), {taps, size, columns.size});
      } else {
        auto reversed = taps_of(w, columns.first, terms.first);
        std::reverse(reversed.at, reversed.at + time_tile::taps);
        to_points(instructions_, tile_values::taps, columns.size, terms.size, reversed,
                  {taps, size, terms.size});
      }
      product p = shape(task, terms);
      p.b.data = taps;
      p.c = sums;
      run_at_points(p, {rows * inputs, size, results}, number);
    }
    release(sums, g.rows_of(task), columns, beta, y);
  });
}

void tiled_time_convolution::forward(view<const float, 3, host_space> x, matrix w, float beta,
                                     view<float, 3, host_space> y) const {
  FLOWKIT_EXPECT(w.shape()[0] == time_tile::taps * x.shape()[2]);
  filter(x, w, direction::forward, padding_, beta, y);
}

void tiled_time_convolution::data(view<const float, 3, host_space> dy, matrix w, float beta,
                                  view<float, 3, host_space> dx) const {
  FLOWKIT_EXPECT(w.shape()[0] == time_tile::taps * dx.shape()[2]);
  filter(dy, w, direction::backward, time_tile::taps - 1 - padding_, beta, dx);
}

void tiled_time_convolution::weights(view<const float, 3, host_space> x,
                                     view<const float, 3, host_space> dy, float beta,
                                     view<float, 2, host_space> dw) const {
  FLOWKIT_EXPECT(dw.shape()[0] == time_tile::taps * x.shape()[2] && dw.strides()[1] == 1);
  const index_t inputs = x.shape()[2];
  const index_t outputs = dy.shape()[2];
  const index_t tiles = tiles_of(dy.shape()[1]);
  const index_t rows = x.shape()[0] * tiles;
  const float* const steps = evaluated(by_.left, x, tile_values::steps, tiles, padding_);
  const float* const slopes = evaluated(by_.right, dy, tile_values::results, tiles, 0);
  const grid g{cut_axis(inputs, weight_rows),
               cut_into(outputs, least_tasks / 2, least_task_columns, weight_columns)};
  const auto part = [&](index_t task) {
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
  for (index_t task = 0; task < g.tasks(); ++task) by_.prepare(part(task));
  const index_t products = points * rows * inputs * outputs;
  by_.for_each_task(pool_, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    product p = part(task);
    const index_t size = p.m * p.n;
    auto* const sums = own.sums.grown<float>(points * size);
    p.c = sums;
    run_at_points(p, {rows * inputs, rows * outputs, size}, number);
    from_points(instructions_, tile_values::taps, p.m, p.n, {sums, size, p.n},
                taps_of(dw, g.rows_of(task).first, g.columns_of(task).first), beside(beta));
  });
}

}  // namespace flowkit::detail
