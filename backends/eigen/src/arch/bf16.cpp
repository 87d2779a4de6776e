// Rounding to bfloat16: the upper half of a float, to nearest with ties to even.
#include <flowkit/core/platform.hpp>

#include <cstdint>
#include <cstring>

namespace flowkit::FLOWKIT_ARCH {
namespace {

// The compilers' own vectors: they choose the instructions of the set this file is compiled for.
constexpr index_t lanes = 16;
using words [[gnu::vector_size(64)]] = std::uint32_t;
using halves [[gnu::vector_size(32)]] = std::uint16_t;

/// Bits of floats after rounding, the lower half zero. A number that is none stays none: rounding
/// could carry it into infinity, so its quiet bit is set instead.
[[gnu::always_inline]] inline void round_words(words& x) {
  const words rounded = x + 0x7FFF + ((x >> 16) & 1);
  const words none = (x & 0x7FFFFFFF) > 0x7F800000;
  x = ((rounded & ~none) | ((x | 0x00400000) & none)) & 0xFFFF0000;
}

/// Calls f(element, number of elements, rounded words) for blocks of up to 16 elements.
template <class F>
[[gnu::always_inline]] inline void for_each_block(index_t count, const float* x, const F& f) {
  words block;
  index_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    std::memcpy(&block, x + i, sizeof(block));
    round_words(block);
    f(i, lanes, block);
  }
  if (i == count) return;
  block = words{};
  std::memcpy(&block, x + i, static_cast<std::size_t>(count - i) * sizeof(float));
  round_words(block);
  f(i, count - i, block);
}

}  // namespace

void narrow_to_bf16(index_t count, const float* x, std::uint16_t* y) {
  for_each_block(count, x, [&](index_t i, index_t used, const words& rounded) {
    const halves upper = __builtin_convertvector(rounded >> 16, halves);
    std::memcpy(y + i, &upper, static_cast<std::size_t>(used) * sizeof(std::uint16_t));
  });
}

void round_to_bf16(index_t count, const float* x, float* y) {
  for_each_block(count, x, [&](index_t i, index_t used, const words& rounded) {
    std::memcpy(y + i, &rounded, static_cast<std::size_t>(used) * sizeof(float));
  });
}

}  // namespace flowkit::FLOWKIT_ARCH
