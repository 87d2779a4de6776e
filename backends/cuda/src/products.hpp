// Matrix products: operands brought into the device's format, the products left to the device.
#pragma once

#include <flowkit/backends/device/ops.hpp>

#include <cstring>

namespace flowkit {
namespace detail {

/// The bits of the nearest bfloat16 number, ties to even; what is no number stays none.
FLOWKIT_HD inline std::uint16_t to_bf16(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  if (x != x) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

/// A stack of matrices with contiguous rows as they lie in memory.
template <class T>
struct matrix_stack {
  T* data;
  index_t row_step;
  index_t matrix_step;
  index_t matrices;
  index_t rows;
  index_t columns;
};

/// to = from as bfloat16, rows `row_step` apart.
struct narrow_pass {
  static constexpr int threads = 256;
  static constexpr int each = 4;
  using shared_memory = no_shared_memory;
  matrix_stack<const float> from;
  matrix_stack<std::uint16_t> to;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const index_t size = from.matrices * from.rows * from.columns;
    last_over_elements(block, size, threads, each, [&](index_t e) {
      const index_t line = quotient(e, from.columns);
      const index_t column = e - line * from.columns;
      const index_t matrix = quotient(line, from.rows);
      const index_t row = line - matrix * from.rows;
      to.data[matrix * to.matrix_step + row * to.row_step + column] =
          to_bf16(from.data[matrix * from.matrix_step + row * from.row_step + column]);
    });
  }
};

/// Rows of bfloat16 operands begin at multiples of 16 bytes, as tensor units want them.
inline index_t bf16_row_step(index_t columns) { return parts(columns, 8) * 8; }

/// Floats that hold this many bfloat16 numbers.
inline index_t floats_of_bf16(index_t count) { return parts(count, 2); }

/// The same operand as bfloat16 in `memory`. One copy serves all matrices of a repeated operand.
template <class D>
product_operand narrowed(D& device, const product_operand& from, index_t matrices, index_t rows,
                         index_t columns, float* memory) {
  const index_t step = bf16_row_step(columns);
  const index_t copies = from.matrix_step == 0 ? 1 : matrices;
  auto* const data = reinterpret_cast<std::uint16_t*>(memory);
  const narrow_pass kernel{{static_cast<const float*>(from.data), from.row_step, from.matrix_step,
                            copies, rows, columns},
                           {data, step, step * rows, copies, rows, columns}};
  device.launch(kernel, parts(copies * rows * columns, kernel.threads * kernel.each));
  return {data, step, from.matrix_step == 0 ? 0 : step * rows, true};
}

inline product_operand operand_of(const view<const float, 3, cuda_space>& v) {
  FLOWKIT_EXPECT(v.strides()[2] == 1 || v.shape()[2] <= 1);
  return {v.data(), v.strides()[1], v.strides()[0], false};
}

inline product_operand operand_of(const view<const float, 2, cuda_space>& v) {
  FLOWKIT_EXPECT(v.strides()[1] == 1 || v.shape()[1] <= 1);
  return {v.data(), v.strides()[0], 0, false};
}

/// A matrix as a stack of one.
template <class U>
view<U, 3, cuda_space> stack_of_one(const view<U, 2, cuda_space>& v) {
  return {v.data(), extents<3>{1, v.shape()[0], v.shape()[1]},
          extents<3>{0, v.strides()[0], v.strides()[1]}};
}

}  // namespace detail

template <class D>
void device_ops<D>::multiply(detail::device_product p) {
  const auto narrow = [&](detail::product_operand& from, index_t rows, index_t columns, use place) {
    if (from.bf16) return;
    const index_t size = detail::bf16_row_step(columns) * rows * p.batch;
    float* const memory = this->scratch(place, detail::floats_of_bf16(size));
    from = detail::narrowed(this->device(), from, p.batch, rows, columns, memory);
  };
  if (this->device().math() == precision::bf16) {
    const bool a_stands = p.ta == transpose::no;
    const bool b_stands = p.tb == transpose::no;
    narrow(p.a, a_stands ? p.m : p.k, a_stands ? p.k : p.m, use::left_operand);
    narrow(p.b, b_stands ? p.k : p.n, b_stands ? p.n : p.k, use::right_operand);
  }
  // The library adds a row that it can read, where it has an algorithm for that. All others are
  // written first: a pass more, the same sums.
  const bool needs_pass = p.start.row != nullptr &&
                          !(detail::is_aligned_row(p.start.row) && this->device().adds_row(p));
  if (needs_pass) {
    const extents<2> shape{p.m, p.n};
    this->copy(mutable_view<2>(p.c, shape, extents<2>{p.c_row_step, 1}),
               constant_view<2>(p.start.row, shape, extents<2>{0, 1}));
    p.start = 1;
  }
  this->device().multiply(p);
}

template <class D>
void device_ops<D>::multiply_all(transpose ta, transpose tb, float alpha, constant_view<3> a,
                                 constant_view<3> b, detail::product_start start,
                                 mutable_view<3> c) {
  FLOWKIT_EXPECT(a.shape()[0] == c.shape()[0] && b.shape()[0] == c.shape()[0]);
  const index_t k = a.shape()[ta == transpose::no ? 2 : 1];
  FLOWKIT_EXPECT(a.shape()[ta == transpose::no ? 1 : 2] == c.shape()[1]);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 1 : 2] == k);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 2 : 1] == c.shape()[2]);
  FLOWKIT_EXPECT(c.strides()[2] == 1 || c.shape()[2] <= 1);
  FLOWKIT_EXPECT(start.fits(c.shape()[2]));
  if (c.empty()) return;
  if (k == 0 || alpha == 0) {
    if (start.row != nullptr) {
      return this->copy(c, constant_view<3>(start.row, c.shape(), extents<3>{0, 0, 1}));
    }
    if (start.beta == 0) return this->fill(c, 0.0f);
    return this->for_each(fn::scaled<float>{start.beta}, c, constant_view<3>(c));
  }
  multiply({ta, tb, c.shape()[1], c.shape()[2], k, c.shape()[0], alpha, start,
            detail::operand_of(a), detail::operand_of(b), c.data(), c.strides()[1],
            c.strides()[0]});
}

template <class D>
void device_ops<D>::gemm(transpose ta, transpose tb, float alpha, constant_view<3> a,
                         constant_view<3> b, float beta, mutable_view<3> c) {
  multiply_all(ta, tb, alpha, a, b, beta, c);
}

template <class D>
void device_ops<D>::gemm(transpose ta, transpose tb, float alpha, constant_view<2> a,
                         constant_view<2> b, detail::product_start start, mutable_view<2> c) {
  multiply_all(ta, tb, alpha, detail::stack_of_one(a), detail::stack_of_one(b), start,
               detail::stack_of_one(c));
}

}  // namespace flowkit
