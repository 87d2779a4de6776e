// How the passes of a tiled convolution are cut into tasks.
#pragma once

#include "tile_order.hpp"

#include <flowkit/backends/line_tiles.hpp>

namespace flowkit::detail {

/// Rows (tiles), columns and terms of the products of a task, unless a line or the whole pass is
/// little longer: its taps and sums at all points, some 512 KiB each, stay in the second cache.
struct task_limits {
  index_t rows;
  index_t columns;
  index_t depth;
};

constexpr task_limits limits_of(const line_tile& tile) {
  return tile.points() > 6 ? task_limits{256, 64, 128} : task_limits{192, 128, 256};
}

/// Parts that are smaller cost more in calls and maps than other threads win.
constexpr index_t least_task_rows = 64;
constexpr index_t least_task_columns = 32;
/// Tasks that a pass is cut into at least: each packs its operands, or evaluates the taps, for
/// itself, and twice as many take one thread 5 to 15 % longer where channels are few.
constexpr index_t least_tasks = wanted_tasks / 4;

/// An axis cut into at least `wanted` parts, unless they were smaller than `least`, and none larger
/// than `most`.
constexpr cut_axis cut_into(index_t length, index_t wanted, index_t least, index_t most) {
  const index_t part = rounded_up(parts_of(length, wanted), least);
  return {length, std::clamp(part, std::min(least, most), most)};
}

/// The tasks of a pass with results in the tiles of some images and in so many channels: blocks of
/// groups, parts of their lines, parts of the channels. Channels first: a part of the rows
/// evaluates the taps once more.
struct filter_grid {
  cut_axis columns;
  cut_axis blocks;
  cut_axis lines;

  constexpr filter_grid(const tile_order& order, const task_limits& most, index_t channels)
      : columns(cut_into(channels, parts_of(least_tasks / 2, parts_of(order.rows(), most.rows)),
                         least_task_columns, most.columns)),
        blocks(cut_groups(order, parts_of(least_tasks, columns.count),
                          order.rows() <= 2 * most.rows ? order.rows() : most.rows)),
        lines(order.lines(), order.rows_of_group() <= most.rows
                                 ? order.lines()
                                 : most.rows / order.rows_of_line(blocks.part(0))) {}

  [[nodiscard]] constexpr index_t tasks() const {
    return blocks.count * lines.count * columns.count;
  }
  [[nodiscard]] constexpr index_t column_part_of(index_t task) const {
    return task % columns.count;
  }
  [[nodiscard]] constexpr span_of columns_of(index_t task) const {
    return columns.part(column_part_of(task));
  }
  [[nodiscard]] constexpr span_of lines_of(index_t task) const {
    return lines.part(task / columns.count % lines.count);
  }
  [[nodiscard]] constexpr span_of block_of(index_t task) const {
    return blocks.part(task / columns.count / lines.count);
  }
  /// Rows of results of a task.
  [[nodiscard]] constexpr span_of rows_of(const tile_order& order, index_t task) const {
    return {order.row(block_of(task), lines_of(task).first),
            lines_of(task).size * order.rows_of_line(block_of(task))};
  }

 private:
  static constexpr cut_axis cut_groups(const tile_order& order, index_t wanted, index_t most_rows) {
    const index_t size = order.rows_of_group();
    return cut_into(order.groups(), wanted, parts_of(least_task_rows, size),
                    std::max<index_t>(1, most_rows / size));
  }
};

}  // namespace flowkit::detail
