// Transposition of 4 x 4 elements.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cstring>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Four elements, as the compilers' own vector type: xsimd offers no transposition.
template <class T>
struct quad {
  using type [[gnu::vector_size(4 * sizeof(T))]] = T;
};

/// Transposes 4 x 4: target[p * target_step + i] = source[i * source_step + p]. Lines from `lines`
/// on repeat the last one, so that nothing beyond the matrix is read.
template <class T>
[[gnu::always_inline]] inline void transpose_quad(const T* source, index_t source_step,
                                                  index_t lines, T* target, index_t target_step) {
  using four = typename quad<T>::type;
  four row[4];
  for (index_t i = 0; i < 4; ++i) {
    const index_t line = i < lines ? i : lines - 1;
    std::memcpy(&row[i], source + line * source_step, sizeof(four));
  }
  const four low_even = __builtin_shufflevector(row[0], row[2], 0, 4, 1, 5);
  const four high_even = __builtin_shufflevector(row[0], row[2], 2, 6, 3, 7);
  const four low_odd = __builtin_shufflevector(row[1], row[3], 0, 4, 1, 5);
  const four high_odd = __builtin_shufflevector(row[1], row[3], 2, 6, 3, 7);
  row[0] = __builtin_shufflevector(low_even, low_odd, 0, 4, 1, 5);
  row[1] = __builtin_shufflevector(low_even, low_odd, 2, 6, 3, 7);
  row[2] = __builtin_shufflevector(high_even, high_odd, 0, 4, 1, 5);
  row[3] = __builtin_shufflevector(high_even, high_odd, 2, 6, 3, 7);
  for (index_t p = 0; p < 4; ++p) std::memcpy(target + p * target_step, &row[p], sizeof(four));
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
