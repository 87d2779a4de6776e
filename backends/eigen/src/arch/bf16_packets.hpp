// Rounding of vectors of floats to bfloat16: the upper half of a float, to nearest with ties to
// even.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cstdint>
#include <cstring>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// The compilers' own vectors of N lanes: they choose the instructions of the set that a file is
/// compiled for.
template <index_t N>
struct vector_of {
  using words [[gnu::vector_size(N * 4)]] = std::uint32_t;
  using halves [[gnu::vector_size(N * 2)]] = std::uint16_t;
};

/// Bits of floats after rounding, the lower half zero. A number that is none stays none: rounding
/// could carry it into infinity, so its quiet bit is set instead.
template <class Words>
[[gnu::always_inline]] inline void round_words(Words& x) {
  const Words rounded = x + 0x7FFF + ((x >> 16) & 1);
  const Words none = (x & 0x7FFFFFFF) > 0x7F800000;
  x = ((rounded & ~none) | ((x | 0x00400000) & none)) & 0xFFFF0000;
}

/// Stores the upper halves of the first `count` of N rounded words.
template <index_t N>
[[gnu::always_inline]] inline void store_halves(const typename vector_of<N>::words& rounded,
                                                index_t count, std::uint16_t* y) {
  using halves = typename vector_of<N>::halves;
  const halves upper = __builtin_convertvector(rounded >> 16, halves);
  std::memcpy(y, &upper, static_cast<std::size_t>(count) * sizeof(std::uint16_t));
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
