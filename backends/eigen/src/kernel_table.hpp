// The kernels that are compiled once per instruction set, as a table of function pointers.
#pragma once

#include <flowkit/backends/host_kernels.hpp>
#include <flowkit/core/rng.hpp>

namespace flowkit {

/// A matrix of a product, transposed or not: element (i, j) is data[i * row_step + j *
/// column_step]. At least one of the steps is 1.
template <class T>
struct matrix_operand {
  const T* data;
  index_t row_step;
  index_t column_step;
};

/// A whole operand b in the order in which the kernel reads it, if there is such a copy.
template <class T>
struct packed_operand {
  const T* data = nullptr;
  index_t columns = 0;  ///< of the whole operand
  index_t first = 0;    ///< column where the product begins, a multiple of `packed_grain`
};

/// c = alpha a b + beta c with a of m x k, b of k x n and rows of c that lie c_step apart.
template <class T>
struct gemm_task {
  index_t m;
  index_t n;
  index_t k;
  T alpha;
  matrix_operand<T> a;
  matrix_operand<T> b;
  T beta;
  T* c;
  index_t c_step;
  packed_operand<T> packed_b = {};
};

/// A matrix whose rows are `step` elements apart.
template <class T>
struct matrix {
  T* data;
  index_t step;
};

/// A row of approximate squared distances products[j] + norms[j], and the limit to stay below.
template <class T>
struct approximation {
  const T* products;
  const T* norms;
  T limit;
};

/// Entry points of one instruction set. All run on the calling thread and allocate nothing.
/// The column kernels treat a matrix of rows x columns; a vector has one element per column.
template <class T>
struct kernel_table {
  /// `packed` holds `packed_size<T>` elements, aligned to 64 bytes. Each element of c is summed in
  /// an order that depends on k alone, so a product may be cut into tiles of c in any way.
  void (*gemm)(const gemm_task<T>& task, T* packed);
  /// Packs columns [first, last) of b, multiples of `packed_grain` or its end, for a
  /// `packed_operand` of `packed_operand_size` elements.
  void (*pack)(const gemm_task<T>& task, index_t first, index_t last, T* packed);

  /// y += x
  void (*add)(index_t rows, index_t columns, matrix<const T> x, matrix<T> y);
  /// out[c] = sum_r x[r,c]
  void (*sum)(index_t rows, index_t columns, matrix<const T> x, T* out);
  /// out[c] = sum_r (x[r,c] - center[c])^2
  void (*squares)(index_t rows, index_t columns, matrix<const T> x, const T* center, T* out);
  /// y = v a[c] + (x - center[c]) b[c] + d[c]
  void (*combine)(index_t rows, index_t columns, matrix<const T> v, matrix<const T> x,
                  const T* center, const T* a, const T* b, const T* d, matrix<T> y);

  /// Softmax down every column, and the product of its Jacobian (given y) with v.
  void (*softmax)(index_t rows, index_t columns, matrix<const T> x, matrix<T> y);
  void (*softmax_product)(index_t rows, index_t columns, matrix<const T> y, matrix<const T> v,
                          matrix<T> jv);

  /// best = x and chosen = tap where x > best or x is not a number.
  void (*take_larger)(index_t columns, const T* x, T tap, T* best, T* chosen);

  /// Writes the columns among the first `count` whose distance is below its limit, ascending;
  /// returns how many there are.
  index_t (*columns_below)(const approximation<T>& a, index_t count, row_t* columns);
  /// The first column from `first` on where the distances of two rows are below their limits, or
  /// `last`.
  index_t (*first_below_both)(const approximation<T>& a, const approximation<T>& b, index_t first,
                              index_t last);
  /// The column of the least b among those where both are below their limits, or -1. At most 2^24
  /// columns.
  index_t (*lowest_below_both)(const approximation<T>& a, const approximation<T>& b, index_t count);
  /// sum_i (a[i] - b[i])^2
  T (*squared_distance)(index_t size, const T* a, const T* b);

  /// Elements [first, last) of the stream of a key; first is a multiple of `random_grain`.
  void (*uniform)(rng_key key, index_t first, index_t last, T* y);
  void (*normal)(rng_key key, index_t first, index_t last, T* y);
};

/// Rows of an image and how its channels are normalised: h = (x - center[c]) factor[c] + shift[c].
template <class T>
struct normalised_rows {
  index_t rows;
  index_t columns;
  matrix<const T> x;
  const T* center;
  const T* factor;
  const T* shift;
};

/// The most operands that an epilogue has besides h.
constexpr std::size_t most_epilogue_operands = 2;

namespace detail {
/// `others` are operands of the epilogue f, whose rows may be one.
template <class T>
struct epilogue_kernels {
  /// y = f(h, others...)
  void (*value)(const normalised_rows<T>& in, const matrix<const T>* others, matrix<T> y);
  /// dh = the gradient of h given dy, which it may overwrite, and per column: sums[0] of dh,
  /// sums[1] of dh (x - center), sums[2 ...] of the gradients of others.
  void (*pull)(const normalised_rows<T>& in, const matrix<const T>* others, matrix<const T> dy,
               matrix<T> dh, T* const* sums);
  /// Whether the gradient of h is dy. Then `pull` needs only x and center, and writes no dh.
  bool passes_gradient;
};
}  // namespace detail

/// Elements that the random kernels produce together.
constexpr index_t random_grain = 64;

/// Blocking of the product: depth of a packed block, and the rows and columns it covers. A column
/// panel of depth x 128 bytes stays in the first cache, a row block in the second.
constexpr index_t gemm_depth = 256;
constexpr index_t gemm_rows = 192;
constexpr index_t gemm_columns = 2048;
/// Packed rows are padded, by a third at most.
constexpr index_t gemm_packed_rows = 256;
/// Rows of a product that keeps its sums in memory in between.
constexpr index_t gemm_few_rows = 36;

/// Numbers of b from which, read where it lies by a product of few rows, it is read in slices.
constexpr index_t gemm_sliced_size = index_t{1} << 17;

/// Columns that are packed together on every instruction set.
constexpr index_t packed_grain = 32;

/// Columns of a packed operand, with the padding of the last ones.
constexpr index_t packed_width(index_t columns) {
  return (columns + packed_grain - 1) / packed_grain * packed_grain;
}
constexpr index_t packed_operand_size(index_t depth, index_t columns) {
  return depth * packed_width(columns);
}

/// Elements of scratch that the product kernel needs.
template <class T>
constexpr index_t packed_size =
    gemm_depth*(gemm_packed_rows + gemm_columns) + gemm_few_rows* gemm_columns;

/// The table of an instruction set that this build contains.
template <class T>
[[nodiscard]] const kernel_table<T>& kernels(instruction_set set);

}  // namespace flowkit
