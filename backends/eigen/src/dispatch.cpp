// Chooses the copy of a kernel by instruction set.
#include "elementwise_entry.hpp"

#include <flowkit/fn/kernels.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace flowkit {
namespace {

constexpr bool has_v3 =
#if defined(FLOWKIT_HAS_ARCH_V3)
    true;
#else
    false;
#endif
constexpr bool has_v4 =
#if defined(FLOWKIT_HAS_ARCH_V4)
    true;
#else
    false;
#endif

instruction_set widest_supported() {
#if defined(__x86_64__)
  if (has_v4 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return instruction_set::v4;
  }
  if (has_v3 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    return instruction_set::v3;
  }
#endif
  return instruction_set::base;
}

instruction_set requested() {
  const char* setting = std::getenv("FLOWKIT_INSTRUCTIONS");
  const std::string_view name = setting == nullptr ? "" : setting;
  if (name == "base") return instruction_set::base;
  if (name == "v3") return instruction_set::v3;
  return instruction_set::v4;
}

template <class F, class T>
elementwise_function<F, T> elementwise_for(instruction_set set) {
  if constexpr (has_v4) {
    if (set == instruction_set::v4) return arch_v4::elementwise<F, T>();
  }
  if constexpr (has_v3) {
    if (set == instruction_set::v3) return arch_v3::elementwise<F, T>();
  }
  return arch_base::elementwise<F, T>();
}

template <class F, class T>
reduction_functions<F, T> reduction_for(instruction_set set) {
  if constexpr (has_v4) {
    if (set == instruction_set::v4) return arch_v4::reduction<F, T>();
  }
  if constexpr (has_v3) {
    if (set == instruction_set::v3) return arch_v3::reduction<F, T>();
  }
  return arch_base::reduction<F, T>();
}

template <class F, class T>
const detail::epilogue_kernels<T>& epilogue_for(instruction_set set) {
  if constexpr (has_v4) {
    if (set == instruction_set::v4) return arch_v4::epilogue<F, T>();
  }
  if constexpr (has_v3) {
    if (set == instruction_set::v3) return arch_v3::epilogue<F, T>();
  }
  return arch_base::epilogue<F, T>();
}

}  // namespace

instruction_set best_instruction_set() {
  static const instruction_set best = std::min(widest_supported(), requested());
  return best;
}

namespace detail {

template <class F, class T>
void elementwise_kernel<F, T>::run(instruction_set set, const F& f, const loop_nest<size>& loop,
                                   const std::array<T*, size>& data, const tile& part) {
  elementwise_for<F, T>(set)(f, loop, data.data(), part);
}

template <class F, class T>
double reduction_kernel<F, T>::sum(instruction_set set, const F& f, const loop_nest<size>& loop,
                                   const operands<T, size>& data, const tile& part) {
  return reduction_for<F, T>(set).sum(f, loop, data.data(), part);
}

template <class F, class T>
void reduction_kernel<F, T>::column_sums(instruction_set set, const F& f,
                                         const loop_nest<size>& loop, const operands<T, size>& data,
                                         const tile& part, T* out) {
  reduction_for<F, T>(set).column_sums(f, loop, data.data(), part, out);
}

template <class F, class T>
const epilogue_kernels<T>& epilogue_entry<F, T>::of(instruction_set set) {
  return epilogue_for<F, T>(set);
}

namespace {

template <class T, class... F>
std::size_t instantiate_elementwise(fn::type_list<F...>) {
  return (reinterpret_cast<std::size_t>(&elementwise_kernel<F, T>::run) + ...);
}

template <class T, class... F>
std::size_t instantiate_reductions(fn::type_list<F...>) {
  return ((reinterpret_cast<std::size_t>(&reduction_kernel<F, T>::sum) +
           reinterpret_cast<std::size_t>(&reduction_kernel<F, T>::column_sums)) +
          ...);
}

template <class T, class... F>
std::size_t instantiate_epilogues(fn::type_list<F...>) {
  return (reinterpret_cast<std::size_t>(&epilogue_entry<F, T>::of) + ...);
}

}  // namespace

/// Takes the address of every entry point, which instantiates it here; never called for its value.
std::size_t host_kernel_list() {
  return instantiate_elementwise<float>(fn::elementwise_kernels<float>{}) +
         instantiate_elementwise<double>(fn::elementwise_kernels<double>{}) +
         instantiate_reductions<float>(fn::reduction_kernels<float>{}) +
         instantiate_reductions<double>(fn::reduction_kernels<double>{}) +
         instantiate_epilogues<float>(fn::epilogues{}) +
         instantiate_epilogues<double>(fn::epilogues{});
}

}  // namespace detail
}  // namespace flowkit
