// How operations are cut into tasks: by shape alone, so that results do not depend on the number of
// threads.
#pragma once

#include "primitives.hpp"

#include <algorithm>

namespace flowkit::detail {

/// Tasks that an operation is cut into where it is large enough: enough for every thread of a
/// common processor to have an equal share.
constexpr index_t wanted_tasks = 16;

/// Rows and columns of a part of a product: its operands and result stay in the second cache.
constexpr index_t part_rows = 512;
constexpr index_t part_columns = 256;
/// Smaller parts cost more in calls than other threads win.
constexpr index_t least_part = 64;

constexpr index_t parts_of(index_t size, index_t part) { return (size + part - 1) / part; }

/// Numbers [first, first + size).
struct span_of {
  index_t first;
  index_t size;
  [[nodiscard]] constexpr index_t last() const { return first + size; }
};

/// An axis cut into `count` parts of `size`; the last one may be smaller.
struct cut_axis {
  index_t length;
  index_t size;
  index_t count;

  constexpr cut_axis(index_t whole, index_t part)
      : length(whole), size(std::max<index_t>(part, 1)), count(parts_of(whole, size)) {}

  [[nodiscard]] constexpr span_of part(index_t i) const {
    return {i * size, std::min(size, length - i * size)};
  }
};

/// Parts of a matrix.
struct grid {
  cut_axis rows;
  cut_axis columns;
  [[nodiscard]] constexpr index_t tasks() const { return rows.count * columns.count; }
  [[nodiscard]] constexpr span_of rows_of(index_t task) const {
    return rows.part(task / columns.count);
  }
  [[nodiscard]] constexpr span_of columns_of(index_t task) const {
    return columns.part(task % columns.count);
  }
};

/// Rounded up to a multiple of `grain`.
constexpr index_t rounded_up(index_t size, index_t grain) { return parts_of(size, grain) * grain; }

/// The parts of a product of m x n.
constexpr grid product_grid(index_t m, index_t n) {
  const cut_axis columns(n, n <= part_columns + least_part ? n : part_columns);
  const index_t wanted = parts_of(m * columns.count, wanted_tasks);
  const index_t rows = std::clamp(rounded_up(wanted, least_part), least_part, part_rows);
  return {cut_axis(m, rows), columns};
}

/// A part of a product; `size` is that of an operand's element.
inline product part_of(product p, const span_of& rows, const span_of& columns, index_t size) {
  const auto moved = [&](const operand& o, index_t elements) {
    return static_cast<const std::byte*>(o.data) + elements * size;
  };
  p.a.data = moved(p.a, rows.first * p.a.row_step);
  p.b.data = moved(p.b, columns.first * p.b.column_step);
  p.c += rows.first * p.c_step + columns.first;
  p.m = rows.size;
  p.n = columns.size;
  return p;
}

}  // namespace flowkit::detail
