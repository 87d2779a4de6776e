// Matrix product by packed blocks (Goto and van de Geijn 2008, section 4) around the tile kernel.
#include "gemm_kernel.hpp"
#include "kernels.hpp"
#include "pack.hpp"

namespace flowkit::FLOWKIT_ARCH {
namespace {

// std::min has external linkage: its copy for a new processor could end up in code for an old one.
constexpr index_t lesser(index_t a, index_t b) { return a < b ? a : b; }

constexpr index_t parts_of(index_t size, index_t limit) { return (size + limit - 1) / limit; }

/// Rows below which b is read where it lies: packing would cost more than it saves.
constexpr index_t unpacked_rows = 3 * row_limit;
static_assert(unpacked_rows <= gemm_few_rows);

/// Large operands are read where they lie in slices of a few depths, all columns of one after the
/// other: runs as long as rows are what prefetching follows, and panels of two vectors at the
/// distance of a row are not. Smaller ones stay in a cache between panels.
constexpr index_t slice_depth = 8;

/// A block of the product: depths [first, first + depth) of one set of rows and columns.
template <class T>
struct block {
  const gemm_task<T>* task;
  index_t first_depth;
  index_t depth;
  index_t first_row;
  index_t rows;
  index_t first_column;
  index_t columns;
  T* packed_a;
  T* packed_b;
  const T* panels;  ///< of b: packed_b, or those of an operand that is packed already
  T* sums;          ///< of slices, rows gemm_columns apart
  bool direct;      ///< whole panels of b are not packed

  [[nodiscard]] const T* a(index_t row) const {
    const matrix_operand<T>& m = task->a;
    return m.data + (first_row + row) * m.row_step + first_depth * m.column_step;
  }
  [[nodiscard]] const T* b(index_t column) const {
    const matrix_operand<T>& m = task->b;
    return m.data + first_depth * m.row_step + (first_column + column) * m.column_step;
  }
};

/// The rows of a block are shared out evenly, so that no tile is nearly empty.
template <class T>
index_t first_row_of(const block<T>& q, index_t panel) {
  return q.rows * panel / parts_of(q.rows, row_limit);
}

template <class T>
void pack_rows(const block<T>& q) {
  const matrix_operand<T>& a = q.task->a;
  for (index_t i = 0; i < parts_of(q.rows, row_limit); ++i) {
    const index_t first = first_row_of(q, i);
    const index_t rows = first_row_of(q, i + 1) - first;
    pack_panel(q.a(first), a.row_step, a.column_step, rows, q.depth,
               q.packed_a + i * padded_rows(row_limit) * q.depth, padded_rows(rows));
  }
}

/// A panel of b whose first column and depth lie at `from`, of which `used` columns exist.
template <class T>
void pack_column_panel(const matrix_operand<T>& b, const T* from, index_t used, index_t depth,
                       T* target) {
  constexpr index_t width = panel_columns<T>;
  for (index_t i = 0; i < width * depth && used < width; ++i) target[i] = T(0);
  pack_panel(from, b.column_step, b.row_step, used, depth, target, width);
}

template <class T>
void pack_columns(const block<T>& q) {
  constexpr index_t width = panel_columns<T>;
  if (q.panels != q.packed_b) return;
  for (index_t j = 0; j < q.columns; j += width) {
    const index_t used = lesser(width, q.columns - j);
    if (q.direct && used == width) continue;
    pack_column_panel(q.task->b, q.b(j), used, q.depth, q.packed_b + j * q.depth);
  }
}

static_assert(packed_grain % panel_columns<float> == 0 &&
              packed_grain % panel_columns<double> == 0);
static_assert(gemm_columns % packed_grain == 0);

/// Where the panels of some depths begin in a packed operand of so many columns, from a column on.
template <class T>
index_t panels_at(const block<T>& q, index_t columns, index_t column) {
  return q.first_depth * parts_of(columns, packed_grain) * packed_grain + column * q.depth;
}

/// Columns of the panel that starts at `column`.
template <class T>
index_t panel_width(const block<T>& q, index_t column) {
  const index_t left = q.columns - column;
  const index_t wide = wide_vectors * lanes<T>;
  if (q.direct && q.task->m <= wide_rows && left >= wide) return wide;
  return lesser(panel_columns<T>, left);
}

/// Depths [first, last) of a block.
struct slice {
  index_t first;
  index_t last;
};

/// All row panels against a column panel, over the depths of a slice.
template <class T>
void multiply_panel(const block<T>& q, const slice& part, index_t column, index_t width) {
  const gemm_task<T>& g = *q.task;
  const bool direct = q.direct && width >= panel_columns<T>;
  tile_task<T> t{};
  t.b_step = direct ? g.b.row_step : panel_columns<T>;
  t.b = (direct ? q.b(column) : q.panels + column * q.depth) + part.first * t.b_step;
  t.depth = part.last - part.first;
  t.c_step = g.c_step;
  t.columns = width;
  t.alpha = g.alpha;
  t.beta = q.first_depth == 0 ? g.beta : T(1);
  t.sums_step = gemm_columns;
  for (index_t i = 0; i < parts_of(q.rows, row_limit); ++i) {
    const index_t row = first_row_of(q, i);
    const index_t rows = first_row_of(q, i + 1) - row;
    t.a = q.packed_a + i * padded_rows(row_limit) * q.depth + part.first * padded_rows(rows);
    t.c = g.c + (q.first_row + row) * g.c_step + q.first_column + column;
    T* const sums = q.sums + row * gemm_columns + column;
    t.sums_before = part.first > 0 ? sums : nullptr;
    t.sums_after = part.last < q.depth ? sums : nullptr;
    tile_kernel_for<T>(rows, parts_of(width, lanes<T>))(t);
  }
}

template <class T>
void multiply_columns(block<T> q) {
  pack_columns(q);
  const bool sliced = q.direct && q.task->n * q.task->k >= gemm_sliced_size;
  const index_t depth = sliced ? slice_depth : q.depth;
  for (q.first_row = 0; q.first_row < q.task->m; q.first_row += gemm_rows) {
    q.rows = lesser(gemm_rows, q.task->m - q.first_row);
    pack_rows(q);
    for (index_t p = 0; p < q.depth; p += depth) {
      const slice part{p, lesser(q.depth, p + depth)};
      for (index_t j = 0, width = 0; j < q.columns; j += width) {
        width = panel_width(q, j);
        multiply_panel(q, part, j, width);
      }
    }
  }
}

/// Calls f for every block of depths.
template <class T, class F>
void for_each_depth(block<T>& q, const F& f) {
  const index_t k = q.task->k;
  const index_t depths = parts_of(k, gemm_depth);
  for (index_t d = 0; d < depths; ++d) {
    q.first_depth = k * d / depths;
    q.depth = k * (d + 1) / depths - q.first_depth;
    f();
  }
}

/// The product over nothing.
template <class T>
void scale(const gemm_task<T>& g) {
  for (index_t i = 0; i < g.m; ++i) {
    T* row = g.c + i * g.c_step;
    for (index_t j = 0; j < g.n; ++j) row[j] = g.beta == T(0) ? T(0) : g.beta * row[j];
  }
}

}  // namespace

template <class T>
void gemm(const gemm_task<T>& g, T* packed) {
  if (g.k == 0) return scale(g);
  block<T> q{};
  q.task = &g;
  q.packed_a = packed;
  q.packed_b = packed + gemm_packed_rows * gemm_depth;
  const packed_operand<T>& packed_b = g.packed_b;
  q.panels = q.packed_b;
  q.direct = packed_b.data == nullptr && g.b.column_step == 1 && g.m <= unpacked_rows;
  q.sums = q.packed_b + gemm_columns * gemm_depth;
  for (q.first_column = 0; q.first_column < g.n; q.first_column += gemm_columns) {
    q.columns = lesser(gemm_columns, g.n - q.first_column);
    for_each_depth(q, [&] {
      if (packed_b.data != nullptr) {
        q.panels = packed_b.data + panels_at(q, packed_b.columns, packed_b.first + q.first_column);
      }
      multiply_columns(q);
    });
  }
}

template <class T>
void pack_operand(const gemm_task<T>& g, index_t first, index_t last, T* packed) {
  constexpr index_t width = panel_columns<T>;
  block<T> q{};
  q.task = &g;
  for_each_depth(q, [&] {
    for (index_t j = first; j < last; j += width) {
      pack_column_panel(g.b, q.b(j), lesser(width, g.n - j), q.depth,
                        packed + panels_at(q, g.n, j));
    }
  });
}

template void gemm(const gemm_task<float>&, float*);
template void gemm(const gemm_task<double>&, double*);
template void pack_operand(const gemm_task<float>&, index_t, index_t, float*);
template void pack_operand(const gemm_task<double>&, index_t, index_t, double*);

}  // namespace flowkit::FLOWKIT_ARCH
