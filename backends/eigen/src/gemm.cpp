#include "state.hpp"

namespace flowkit {
namespace {

/// About how long one thread takes, in nanoseconds: 32 multiplications each, or three numbers of an
/// operand where there are few rows and each number is used only a few times.
constexpr index_t duration(index_t m, index_t n, index_t k) {
  return std::max(m * n * k / 32, (m * k + k * n + m * n) / 3);
}

template <class T>
matrix_operand<T> operand(transpose t, const T* data, index_t step) {
  return t == transpose::no ? matrix_operand<T>{data, step, 1} : matrix_operand<T>{data, 1, step};
}

template <class T>
bool rows_are_dense(const extents<2>& shape, const extents<2>& strides) {
  return shape[1] <= 1 || strides[1] == 1;
}

/// Rows [first, last) of the product.
template <class T>
gemm_task<T> row_part(gemm_task<T> task, index_t first, index_t last) {
  task.m = last - first;
  task.a.data += first * task.a.row_step;
  task.c += first * task.c_step;
  return task;
}

/// Columns [first, last) of the product.
template <class T>
gemm_task<T> column_part(gemm_task<T> task, index_t first, index_t last) {
  task.n = last - first;
  task.b.data += first * task.b.column_step;
  task.packed_b.first += first;
  task.c += first;
  return task;
}

/// Part i of `parts` along the longer side, cut at multiples of the kernel's tile.
template <class T>
gemm_task<T> part_of(const gemm_task<T>& task, index_t i, index_t parts) {
  constexpr index_t grain = packed_grain;
  const bool by_rows = task.m > task.n;
  const index_t size = by_rows ? task.m : task.n;
  const index_t grains = (size + grain - 1) / grain;
  const index_t first = std::min(size, grains * i / parts * grain);
  const index_t last = std::min(size, grains * (i + 1) / parts * grain);
  return by_rows ? row_part(task, first, last) : column_part(task, first, last);
}

/// Whether a packed copy of b is worth its memory: one that is read in a row instead of in slices,
/// or not transposed in every product.
template <class T>
bool worth_keeping(const gemm_task<T>& task) {
  return task.b.column_step != 1 || task.n * task.k >= gemm_sliced_size;
}

/// Operand b packed, if it is held.
template <class T>
packed_operand<T> held_operand(detail::held_copies& held, thread_pool& pool,
                               const kernel_table<T>& table, transpose tb,
                               const view<const T, 2, host_space>& b, const gemm_task<T>& task) {
  if (!worth_keeping(task)) return {};
  constexpr auto size = static_cast<index_t>(sizeof(T));
  const auto layout =
      tb == transpose::no ? detail::held_layout::panels : detail::held_layout::transposed_panels;
  const detail::copied_matrix key{b.data(),       b.shape()[0], b.shape()[1],
                                  b.strides()[0], size,         static_cast<index_t>(layout)};
  const std::byte* const copy =
      held.copy_of(key, packed_operand_size(task.k, task.n) * size, [&](std::byte* to) {
        const index_t grains = packed_width(task.n) / packed_grain;
        pool.for_each_index(grains, task.k * task.n, [&](index_t i) {
          table.pack(task, i * packed_grain, std::min(task.n, (i + 1) * packed_grain),
                     reinterpret_cast<T*>(to));
        });
      });
  return {reinterpret_cast<const T*>(copy), task.n, 0};
}

}  // namespace

template <class T>
void eigen<T>::gemm(transpose ta, transpose tb, T alpha, constant_view<2> a, constant_view<2> b,
                    T beta, mutable_view<2> c) {
  FLOWKIT_EXPECT(rows_are_dense<T>(a.shape(), a.strides()));
  FLOWKIT_EXPECT(rows_are_dense<T>(b.shape(), b.strides()));
  FLOWKIT_EXPECT(rows_are_dense<T>(c.shape(), c.strides()));
  const index_t k = a.shape()[ta == transpose::no ? 1 : 0];
  FLOWKIT_EXPECT(a.shape()[ta == transpose::no ? 0 : 1] == c.shape()[0]);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 0 : 1] == k);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 1 : 0] == c.shape()[1]);
  gemm_task<T> task{c.shape()[0],
                    c.shape()[1],
                    k,
                    alpha,
                    operand(ta, a.data(), a.strides()[0]),
                    operand(tb, b.data(), b.strides()[0]),
                    beta,
                    c.data(),
                    c.strides()[0],
                    {}};
  const kernel_table<T>& table = kernels<T>(this->instructions());
  task.packed_b = held_operand(*state_->held, this->pool(), table, tb, b, task);
  if (!this->pool().worth_sharing(duration(task.m, task.n, k))) {
    return table.gemm(task, state_->packed.front().data());
  }
  const index_t parts = this->threads();
  this->pool().for_each_index(parts, [&](index_t i) {
    table.gemm(part_of(task, i, parts), state_->packed[static_cast<std::size_t>(i)].data());
  });
}

template <class T>
void eigen<T>::gemm(transpose ta, transpose tb, T alpha, constant_view<3> a, constant_view<3> b,
                    T beta, mutable_view<3> c) {
  FLOWKIT_EXPECT(a.shape()[0] == c.shape()[0] && b.shape()[0] == c.shape()[0]);
  const auto matrix = []<class U>(const view<U, 3, host_space>& v, index_t i) {
    return view<U, 2, host_space>(v.data() + i * v.strides()[0],
                                  extents<2>{v.shape()[1], v.shape()[2]},
                                  extents<2>{v.strides()[1], v.strides()[2]});
  };
  for (index_t i = 0; i < c.shape()[0]; ++i) {
    gemm(ta, tb, alpha, matrix(a, i), matrix(b, i), beta, matrix(c, i));
  }
}

template void eigen<float>::gemm(transpose, transpose, float, constant_view<2>, constant_view<2>,
                                 float, mutable_view<2>);
template void eigen<double>::gemm(transpose, transpose, double, constant_view<2>, constant_view<2>,
                                  double, mutable_view<2>);
template void eigen<float>::gemm(transpose, transpose, float, constant_view<3>, constant_view<3>,
                                 float, mutable_view<3>);
template void eigen<double>::gemm(transpose, transpose, double, constant_view<3>, constant_view<3>,
                                  double, mutable_view<3>);

// Inlined where the compiler optimises, called where it does not.
template void eigen<float>::gemm(transpose, transpose, float, constant_view<2>, constant_view<2>,
                                 constant_view<1>, mutable_view<2>);
template void eigen<double>::gemm(transpose, transpose, double, constant_view<2>, constant_view<2>,
                                  constant_view<1>, mutable_view<2>);

}  // namespace flowkit
