// Entry points of the vector kernels of the host library, and the plain loops for other functors.
#pragma once

#include <flowkit/backend/loop_nest.hpp>
#include <flowkit/fn/arithmetic.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

namespace flowkit {

/// Instruction sets that the host kernels are compiled for; one binary holds them all.
/// `v3` is x86-64-v3 (AVX2, FMA), `v4` is x86-64-v4 (AVX-512).
enum class instruction_set { base, v3, v4 };

/// The widest one that this build contains and this processor runs. FLOWKIT_INSTRUCTIONS=base|v3|v4
/// in the environment lowers it.
[[nodiscard]] instruction_set best_instruction_set();

namespace detail {

void* allocate_host(index_t bytes);
void free_host(void* data, void* context) noexcept;

/// y = x rounded to bfloat16, to nearest with ties to even: its upper 16 bits, or as a float. A
/// number that is none stays none. Runs on the calling thread; y may be x in the second.
void narrow_to_bf16(instruction_set set, index_t count, const float* x, std::uint16_t* y);
void round_to_bf16(instruction_set set, index_t count, const float* x, float* y);

/// A part of a loop nest: rows and columns [first, last).
struct tile {
  index_t first_row;
  index_t last_row;
  index_t first_column;
  index_t last_column;
};

constexpr tile tile_at(index_t down, index_t rows, index_t last_row, index_t across,
                       index_t columns, index_t last_column) {
  return {down * rows, std::min((down + 1) * rows, last_row), across * columns,
          std::min((across + 1) * columns, last_column)};
}

/// Base pointers of the operands of a sum.
template <class T, std::size_t N>
using operands = std::array<const T*, N>;

// ---- functors of the library: vector code, compiled once per instruction set
// ---------------------

/// Elementwise kernel of a functor whose first F::arity.outputs operands are written.
template <class F, class T>
struct elementwise_kernel {
  static constexpr std::size_t size = F::arity.outputs + F::arity.inputs;
  /// `data` holds the outputs first; inputs are only read.
  static void run(instruction_set set, const F& f, const loop_nest<size>& loop,
                  const std::array<T*, size>& data, const tile& part);
};

/// Sum kernels of a functor that returns a value.
template <class F, class T>
struct reduction_kernel {
  static constexpr std::size_t size = F::arity.inputs;
  static double sum(instruction_set set, const F& f, const loop_nest<size>& loop,
                    const operands<T, size>& data, const tile& part);
  static void column_sums(instruction_set set, const F& f, const loop_nest<size>& loop,
                          const operands<T, size>& data, const tile& part, T* out);
};

/// What the passes of group normalisation run per functor of fn/epilogue.hpp.
template <class T>
struct epilogue_kernels;

/// The kernels of an epilogue. One that fn/kernels.hpp does not list is a link error.
template <class F, class T>
struct epilogue_entry {
  static const epilogue_kernels<T>& of(instruction_set set);
};

// ---- dispatch between those and functors of users
// ------------------------------------------------

template <class F, std::size_t N, class... U>
void run_plain(const F& f, const loop_nest<N>& loop, const std::tuple<U*...>& data,
               const tile& part) {
  const auto run = [&]<std::size_t... I>(std::index_sequence<I...>) {
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      const std::tuple<U*...> at{std::get<I>(data) + loop.offset(row, I)...};
      for (index_t c = part.first_column; c < part.last_column; ++c) {
        f(std::get<I>(at)[c * loop.inner_stride[I]]...);
      }
    }
  };
  run(std::index_sequence_for<U...>{});
}

template <class F, std::size_t N, class... U>
void run_elementwise(instruction_set set, const F& f, const loop_nest<N>& loop,
                     const std::tuple<U*...>& data, const tile& part) {
  if constexpr (fn::KernelFunctor<F>) {
    using T = std::remove_const_t<std::tuple_element_t<0, std::tuple<U...>>>;
    using kernel = elementwise_kernel<F, T>;
    static_assert(kernel::size == N, "the functor takes another number of views");
    const auto pointers = [](auto*... p) { return std::array<T*, N>{const_cast<T*>(p)...}; };
    kernel::run(set, f, loop, std::apply(pointers, data), part);
  } else {
    run_plain(f, loop, data, part);
  }
}

template <class F, class T, std::size_t N>
double run_sum(instruction_set set, const F& f, const loop_nest<N>& loop,
               const operands<T, N>& data, const tile& part) {
  if constexpr (fn::KernelFunctor<F>) {
    return reduction_kernel<F, T>::sum(set, f, loop, data, part);
  } else {
    double total = 0;
    const auto add = [&](const auto&... x) { total += static_cast<double>(f(x...)); };
    run_plain(add, loop, std::tuple_cat(data), part);
    return total;
  }
}

template <class F, class T, std::size_t N>
void run_column_sums(instruction_set set, const F& f, const loop_nest<N>& loop,
                     const operands<T, N>& data, const tile& part, T* out) {
  if constexpr (fn::KernelFunctor<F>) {
    reduction_kernel<F, T>::column_sums(set, f, loop, data, part, out);
  } else {
    std::fill_n(out + part.first_column, part.last_column - part.first_column, T(0));
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      index_t column = part.first_column;
      const auto add = [&](const auto&... x) { out[column++] += f(x...); };
      run_plain(add, loop, std::tuple_cat(data),
                {row, row + 1, part.first_column, part.last_column});
    }
  }
}

}  // namespace detail
}  // namespace flowkit
