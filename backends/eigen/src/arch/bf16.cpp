// Rows of floats rounded to bfloat16.
#include "bf16_packets.hpp"

namespace flowkit::FLOWKIT_ARCH {
namespace {

constexpr index_t lanes = 16;
using words = vector_of<lanes>::words;

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
    store_halves<lanes>(rounded, used, y + i);
  });
}

void round_to_bf16(index_t count, const float* x, float* y) {
  for_each_block(count, x, [&](index_t i, index_t used, const words& rounded) {
    std::memcpy(y + i, &rounded, static_cast<std::size_t>(used) * sizeof(float));
  });
}

}  // namespace flowkit::FLOWKIT_ARCH
