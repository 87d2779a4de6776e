// What the copies of the kernels that take a functor offer, one copy per instruction set.
#pragma once

#include "kernel_table.hpp"

namespace flowkit {

/// Elementwise pass over a tile; `data` holds the outputs first.
template <class F, class T>
using elementwise_function = void (*)(const F& f,
                                      const detail::loop_nest<F::arity.outputs + F::arity.inputs>&,
                                      T* const* data, const detail::tile& part);

/// Sum over a tile, and sums over its rows for every column.
template <class F, class T>
struct reduction_functions {
  using nest = detail::loop_nest<F::arity.inputs>;
  double (*sum)(const F& f, const nest&, const T* const* data, const detail::tile& part);
  void (*column_sums)(const F& f, const nest&, const T* const* data, const detail::tile& part,
                      T* out);
};

namespace arch_base {
template <class F, class T>
elementwise_function<F, T> elementwise();
template <class F, class T>
reduction_functions<F, T> reduction();
template <class F, class T>
const detail::epilogue_kernels<T>& epilogue();
}  // namespace arch_base

namespace arch_v3 {
template <class F, class T>
elementwise_function<F, T> elementwise();
template <class F, class T>
reduction_functions<F, T> reduction();
template <class F, class T>
const detail::epilogue_kernels<T>& epilogue();
}  // namespace arch_v3

namespace arch_v4 {
template <class F, class T>
elementwise_function<F, T> elementwise();
template <class F, class T>
reduction_functions<F, T> reduction();
template <class F, class T>
const detail::epilogue_kernels<T>& epilogue();
}  // namespace arch_v4

}  // namespace flowkit
