#include "tiled_convolution.hpp"

#include <flowkit/fn/arithmetic.hpp>

#include <algorithm>

namespace flowkit::detail {
namespace {

/// Rows and columns of the sums of a task of a gradient of weights, and rows of tiles that it sums
/// over at once. Lines of the kernel meet the same rows, which stay in the second cache between
/// them.
constexpr index_t weight_rows = 64;
constexpr index_t weight_columns = 256;
constexpr index_t weight_depth = 1024;
constexpr index_t weight_depth_of_lines = 512;
/// Bytes of taps that tasks may share: the last cache holds them beside all else.
constexpr index_t most_shared_taps = index_t{1} << 21;
/// Fewer channels or rows have products too small for the calls.
constexpr index_t least_channels = 32;
constexpr index_t least_rows = 48;

operand dense(const std::byte* data, index_t columns) { return {data, columns, 1}; }

operand transposed(const std::byte* data, index_t columns) { return {data, 1, columns}; }

/// Calls f(number of the first, count, tiles) for `count` tiles of a line from `from` on: for all
/// that lie within the line at once, for each that does not by itself. The tiles have so many
/// values; the first one of the line begins `before` steps before it.
template <class T, class F>
void for_tiles(const view<T, 4, host_space>& x, index_t values, index_t results,
               const tile_order::place& from, index_t count, index_t before, index_t column,
               const F& f) {
  T* const line = x.data() + from.image * x.strides()[0] + from.line * x.strides()[1] + column;
  const index_t steps = x.shape()[2];
  for (index_t i = 0; i < count;) {
    const index_t first = (from.tile + i) * results - before;
    const index_t room = steps - values - first;
    const bool within = first >= 0 && room >= 0;
    const index_t together = within ? std::min(count - i, room / results + 1) : 1;
    tile_rows<T> tile{{}, results * x.strides()[2]};
    for (index_t value = 0; value < values; ++value) {
      const index_t step = first + value;
      if (step >= 0 && step < steps) tile.at[value] = line + step * x.strides()[2];
    }
    f(i, together, tile);
    i += together;
  }
}

/// The lines of a kernel, the middle one first: with the usual padding it meets every line, so that
/// it may overwrite what the others add to.
constexpr index_t line_of_kernel(index_t i, index_t lines) {
  const index_t middle = lines / 2;
  return i == 0 ? middle : i <= middle ? i - 1 : i;
}

accumulate beside(float beta) { return beta == 0 ? accumulate::overwrite : accumulate::add; }

/// y += x
void add_matrix(instruction_set set, view<const float, 2, host_space> x,
                view<float, 2, host_space> y) {
  const extents<2> strides[] = {y.strides(), x.strides()};
  const loop_nest<2> loop = collapse(y.shape(), strides);
  run_elementwise(set, fn::add_to{}, loop, std::tuple<float*, const float*>{y.data(), x.data()},
                  {0, loop.rows(), 0, loop.inner});
}

}  // namespace

std::optional<line_tile> tiled_convolution::best_tile(const product_executor& by, image_pass pass,
                                                      const convolution_geometry& g,
                                                      const extents<4>& image, index_t outputs,
                                                      const extents<2>& results) {
  const index_t taps = g.kernel[1];
  if (!by.reads_floats() && pass != image_pass::weights) return {};
  if (g.stride != extents<2>{1, 1}) return {};
  if (g.padding[0] >= g.kernel[0] || g.padding[1] >= taps) return {};
  if (std::min(image[3], outputs) < least_channels) return {};
  std::optional<line_tile> best;
  for (const line_tile& tile : {four_of_three, two_of_three, three_of_three, four_of_five}) {
    if (tile.taps != taps) continue;
    if (!by.reads_floats() && tile.points() > 5) continue;
    const auto cost = [&](const line_tile& t) {
      return t.points() * parts_of(results[1], t.results);
    };
    if (!best || cost(tile) < cost(*best)) best = tile;
  }
  if (!best) return {};
  const index_t tiles = parts_of(results[1], best->results);
  if (image[0] * std::min(image[1], results[0]) * tiles < least_rows) return {};
  // Padding that the other lowerings leave out does not count.
  index_t products = 0;
  for (index_t tap = 0; tap < taps; ++tap) {
    const index_t first = std::max<index_t>(0, g.padding[1] - tap);
    const index_t last = std::min(g.windows(1, image[2]), image[2] + g.padding[1] - tap);
    products += std::max<index_t>(0, last - first);
  }
  if (4 * products < 5 * best->points() * tiles) return {};
  return best;
}

tile_order tiled_convolution::order_of(const extents<4>& image, index_t results) const {
  const bool apart = geometry_.kernel[0] == 1;
  return {image[0], image[1], tiles_of(results), apart};
}

tiled_convolution::line_run tiled_convolution::met_under(index_t down, const span_of& lines,
                                                         index_t above, index_t lines_of_image) {
  const index_t first = std::max(lines.first, above - down);
  const index_t last = std::min(lines.last(), lines_of_image + above - down);
  return {first, first + down - above, std::max<index_t>(0, last - first)};
}

template <class T>
tile_rows<T> tiled_convolution::taps_of(const view<T, 2, host_space>& w, index_t down, index_t row,
                                        index_t column) const {
  tile_rows<T> taps{{}, w.strides()[0]};
  const index_t rows = w.shape()[0] / geometry_.taps();
  for (index_t tap = 0; tap < tile_.taps; ++tap) {
    taps.at[tap] = w.data() + ((down * tile_.taps + tap) * rows + row) * w.strides()[0] + column;
  }
  return taps;
}

void tiled_convolution::evaluate(tile_values what, index_t rows, index_t columns,
                                 const tile_rows<const float>& from, std::byte* to,
                                 index_t point_step) const {
  if (by_.format() == element::bf16) {
    return to_points(instructions_, tile_, what, rows, columns, from,
                     {reinterpret_cast<std::uint16_t*>(to), point_step, columns});
  }
  auto* const values = reinterpret_cast<float*>(to);
  to_points(instructions_, tile_, what, rows, columns, from, {values, point_step, columns});
  if (by_.reads_floats()) return;
  for (index_t point = 0; point < tile_.points(); ++point) {
    float* const at = values + point * point_step;
    round_to_bf16(instructions_, rows * columns, at, at);
  }
}

const std::byte* tiled_convolution::evaluated(growing_memory& memory, images x, tile_values what,
                                              const tile_order& order, const cut_axis& blocks,
                                              index_t before) const {
  FLOWKIT_EXPECT(x.strides()[3] == 1);
  const index_t rows = order.rows();
  const index_t channels = x.shape()[3];
  const index_t numbers = tile_.points() * rows * channels;
  auto* const values = memory.grown<std::byte>(numbers * by_.element_size());
  // All tiles of a line of an image are consecutive rows.
  const index_t tiles = order.tiles();
  pool_.for_each_index(rows / tiles, numbers, [&](index_t line) {
    for_tiles(x, count_of(tile_, what), tile_.results, order.place_of(line * tiles, blocks), tiles,
              before, 0, [&](index_t i, index_t count, const tile_rows<const float>& tile) {
                evaluate(what, count, channels, tile,
                         values + (line * tiles + i) * channels * by_.element_size(),
                         rows * channels);
              });
  });
  return values;
}

void tiled_convolution::evaluate_taps(matrix w, direction way, index_t down, const span_of& terms,
                                      const span_of& columns, std::byte* to) const {
  const index_t numbers = terms.size * columns.size;
  if (way == direction::forward) {
    return evaluate(tile_values::taps, terms.size, columns.size,
                    taps_of(w, down, terms.first, columns.first), to, numbers);
  }
  auto reversed = taps_of(w, geometry_.kernel[0] - 1 - down, columns.first, terms.first);
  std::reverse(reversed.at, reversed.at + tile_.taps);
  evaluate(tile_values::taps, columns.size, terms.size, reversed, to, numbers);
}

const std::byte* tiled_convolution::shared_taps(matrix w, direction way, const filter_grid& g,
                                                const cut_axis& depth, index_t part_bytes) const {
  const index_t lines = geometry_.kernel[0];
  const index_t parts = g.columns.count * lines * depth.count;
  if (g.tasks() == g.columns.count || parts * part_bytes > most_shared_taps) return nullptr;
  auto* const taps = by_.right.grown<std::byte>(parts * part_bytes);
  pool_.for_each_index(parts, tile_.points() * w.size(), [&](index_t part) {
    const index_t down = part / depth.count % lines;
    evaluate_taps(w, way, down, depth.part(part % depth.count),
                  g.columns.part(part / depth.count / lines), taps + part * part_bytes);
  });
  return taps;
}

void tiled_convolution::run_at_points(product p, const point_steps& steps,
                                      std::size_t lane_number) const {
  const auto* a = static_cast<const std::byte*>(p.a.data);
  const auto* b = static_cast<const std::byte*>(p.b.data);
  for (index_t point = 0; point < tile_.points(); ++point) {
    p.a.data = a + point * steps.a;
    p.b.data = b + point * steps.b;
    by_.run(p, lane_number);
    p.c += steps.c;
  }
}

void tiled_convolution::release(const float* sums, const tile_order& order, const cut_axis& blocks,
                                const span_of& rows, const span_of& columns, float beta,
                                changed_images y) const {
  for (index_t row = 0; row < rows.size;) {
    const auto at = order.place_of(rows.first + row, blocks);
    const index_t tiles = std::min(order.tiles() - at.tile, rows.size - row);
    for_tiles(y, tile_.results, tile_.results, at, tiles, 0, columns.first,
              [&](index_t i, index_t count, const tile_rows<float>& tile) {
                from_points(
                    instructions_, tile_, tile_values::results, count, columns.size,
                    {sums + (row + i) * columns.size, rows.size * columns.size, columns.size}, tile,
                    beside(beta));
              });
    row += tiles;
  }
}

void tiled_convolution::filter(images x, matrix w, direction way, const offset& before, float beta,
                               changed_images y) const {
  FLOWKIT_EXPECT(w.strides()[1] == 1 && y.strides()[3] == 1);
  const bool ahead = way == direction::forward;
  const index_t inputs = x.shape()[3];
  const index_t size = by_.element_size();
  const index_t points = tile_.points();
  const index_t kernel_lines = geometry_.kernel[0];
  const tile_order from = order_of(x.shape(), y.shape()[2]);
  const tile_order to = order_of(y.shape(), y.shape()[2]);
  const task_limits most = limits_of(tile_);
  const filter_grid g(to, most, y.shape()[3]);
  const cut_axis depth(inputs, most.depth);
  const std::byte* const steps =
      evaluated(by_.left, x, tile_values::steps, from, g.blocks, before.steps);
  // What a task does under line i of the kernel, for some terms: the product of the first point,
  // but for its taps and sums, which lie in the memory of a lane.
  const auto met = [&](index_t task, index_t i) {
    return met_under(line_of_kernel(i, kernel_lines), g.lines_of(task), before.lines, from.lines());
  };
  const auto shape = [&](index_t task, const line_run& run, const span_of& terms, bool add) {
    const span_of block = g.block_of(task);
    const index_t columns = g.columns_of(task).size;
    const index_t first = from.row(block, run.met) * inputs + terms.first;
    return product{.m = run.count * from.rows_of_line(block),
                   .n = columns,
                   .k = terms.size,
                   .a = dense(steps + first * size, inputs),
                   .b = ahead ? dense(nullptr, columns) : transposed(nullptr, terms.size),
                   .c = nullptr,
                   .c_step = columns,
                   .format = by_.format(),
                   .add = add};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t i = 0; i < kernel_lines; ++i) {
      const line_run run = met(task, i);
      if (run.count == 0) continue;
      const bool first = i == 0 && run.count == g.lines_of(task).size;
      for (index_t part = 0; part < depth.count; ++part) {
        by_.prepare(shape(task, run, depth.part(part), !first || part > 0));
      }
    }
  }
  const index_t part_bytes = points * most.depth * g.columns.size * size;
  const std::byte* const shared = shared_taps(w, way, g, depth, part_bytes);
  const index_t products = points * to.rows() * inputs * y.shape()[3] * kernel_lines;
  by_.for_each_task(pool_, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of columns = g.columns_of(task);
    const span_of rows = g.rows_of(to, task);
    const span_of lines = g.lines_of(task);
    const index_t results = rows.size * columns.size;
    auto* const sums = own.sums.grown<float>(points * results);
    auto* const own_taps = shared != nullptr ? nullptr : own.operands.grown<std::byte>(part_bytes);
    for (index_t i = 0; i < kernel_lines; ++i) {
      const line_run run = met(task, i);
      const bool first = i == 0 && run.count == lines.size;
      if (i == 0 && !first) std::fill_n(sums, points * results, 0.0F);
      if (run.count == 0) continue;
      const index_t down = line_of_kernel(i, kernel_lines);
      for (index_t part = 0; part < depth.count; ++part) {
        const span_of terms = depth.part(part);
        const index_t numbers = terms.size * columns.size;
        if (shared == nullptr) evaluate_taps(w, way, down, terms, columns, own_taps);
        product p = shape(task, run, terms, !first || part > 0);
        p.b.data =
            shared == nullptr
                ? own_taps
                : shared +
                      part_bytes *
                          ((g.column_part_of(task) * kernel_lines + down) * depth.count + part);
        p.c = sums + (run.line - lines.first) * to.rows_of_line(g.block_of(task)) * columns.size;
        run_at_points(p, {from.rows() * inputs * size, numbers * size, results}, number);
      }
    }
    release(sums, to, g.blocks, rows, columns, beta, y);
  });
}

void tiled_convolution::forward(images x, matrix w, float beta, changed_images y) const {
  FLOWKIT_EXPECT(w.shape()[0] == geometry_.taps() * x.shape()[3]);
  filter(x, w, direction::forward, {geometry_.padding[0], geometry_.padding[1]}, beta, y);
}

void tiled_convolution::data(images dy, matrix w, float beta, changed_images dx) const {
  FLOWKIT_EXPECT(w.shape()[0] == geometry_.taps() * dx.shape()[3]);
  filter(dy, w, direction::backward,
         {geometry_.kernel[0] - 1 - geometry_.padding[0], tile_.taps - 1 - geometry_.padding[1]},
         beta, dx);
}

void tiled_convolution::weights(images x, images dy, float beta,
                                view<float, 2, host_space> dw) const {
  FLOWKIT_EXPECT(dw.shape()[0] == geometry_.taps() * x.shape()[3] && dw.strides()[1] == 1);
  const index_t inputs = x.shape()[3];
  const index_t outputs = dy.shape()[3];
  const index_t size = by_.element_size();
  const index_t points = tile_.points();
  const index_t kernel_lines = geometry_.kernel[0];
  const tile_order met = order_of(x.shape(), dy.shape()[2]);
  const tile_order by_windows = order_of(dy.shape(), dy.shape()[2]);
  const index_t most_rows = kernel_lines == 1 ? weight_depth : weight_depth_of_lines;
  const cut_axis blocks(met.groups(), most_rows / met.rows_of_group());
  // Where there are few weights and many rows, the rows are shared out as well.
  const index_t wanted = blocks.count > 1 ? 1 : least_tasks / 2;
  const grid g{cut_axis(inputs, weight_rows),
               cut_into(outputs, wanted, least_task_columns, weight_columns)};
  const cut_axis shares(blocks.count, parts_of(blocks.count, parts_of(least_tasks, g.tasks())));
  const std::byte* const steps =
      evaluated(by_.left, x, tile_values::steps, met, blocks, geometry_.padding[1]);
  const std::byte* const slopes =
      evaluated(by_.right, dy, tile_values::results, by_windows, blocks, 0);
  const auto met_by = [&](index_t down) {
    return met_under(down, {0, by_windows.lines()}, geometry_.padding[0], met.lines());
  };
  // A block's part of the sums of the first point under a line of the kernel.
  const auto product_of = [&](index_t task, index_t block_number, const line_run& run, bool add) {
    const span_of rows = g.rows_of(task);
    const span_of columns = g.columns_of(task);
    const span_of block = blocks.part(block_number);
    const index_t first = met.row(block, run.met) * inputs + rows.first;
    const index_t slope = by_windows.row(block, run.line) * outputs + columns.first;
    return product{.m = rows.size,
                   .n = columns.size,
                   .k = run.count * met.rows_of_line(block),
                   .a = transposed(steps + first * size, inputs),
                   .b = dense(slopes + slope * size, outputs),
                   .c = nullptr,
                   .c_step = columns.size,
                   .format = by_.format(),
                   .add = add};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t down = 0; down < kernel_lines; ++down) {
      const line_run run = met_by(down);
      if (run.count == 0) continue;
      for (index_t block : {index_t{0}, blocks.count - 1}) {
        for (bool add : {false, true}) by_.prepare(product_of(task, block, run, add));
      }
    }
  }
  auto* const partial = by_.packed.grown<float>((shares.count - 1) * dw.size());
  const auto target = [&](index_t share) {
    return share == 0 ? dw
                      : view<float, 2, host_space>(partial + (share - 1) * dw.size(), dw.shape());
  };
  const index_t products = points * by_windows.rows() * inputs * outputs * kernel_lines;
  by_.for_each_task(
      pool_, shares.count * g.tasks(), products, [&](index_t i, std::size_t number, lane& own) {
        const index_t share = i / g.tasks();
        const index_t task = i % g.tasks();
        const span_of rows = g.rows_of(task);
        const span_of columns = g.columns_of(task);
        const index_t numbers = rows.size * columns.size;
        auto* const sums = own.sums.grown<float>(kernel_lines * points * numbers);
        const span_of mine = shares.part(share);
        for (index_t block = mine.first; block < mine.last(); ++block) {
          for (index_t point = 0; point < points; ++point) {
            for (index_t down = 0; down < kernel_lines; ++down) {
              const line_run run = met_by(down);
              float* const sum = sums + (down * points + point) * numbers;
              if (run.count == 0) {
                std::fill_n(sum, numbers, 0.0F);
                continue;
              }
              product p = product_of(task, block, run, block > mine.first);
              p.a.data =
                  static_cast<const std::byte*>(p.a.data) + point * met.rows() * inputs * size;
              p.b.data = static_cast<const std::byte*>(p.b.data) +
                         point * by_windows.rows() * outputs * size;
              p.c = sum;
              by_.run(p, number);
            }
          }
        }
        for (index_t down = 0; down < kernel_lines; ++down) {
          from_points(instructions_, tile_, tile_values::taps, rows.size, columns.size,
                      {sums + down * points * numbers, numbers, columns.size},
                      taps_of(target(share), down, rows.first, columns.first),
                      share == 0 ? beside(beta) : accumulate::overwrite);
        }
      });
  if (shares.count == 1) return;
  const cut_axis parts(dw.shape()[0], inputs);
  pool_.for_each_index(parts.count, shares.count * dw.size(), [&](index_t i) {
    const span_of part = parts.part(i);
    for (index_t share = 1; share < shares.count; ++share) {
      add_matrix(instructions_, rows(target(share), part.first, part.size),
                 rows(dw, part.first, part.size));
    }
  });
}

}  // namespace flowkit::detail
