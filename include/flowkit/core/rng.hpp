// Counter-based random numbers: the same key gives the same integers on every backend.
#pragma once

#include <flowkit/core/platform.hpp>

#include <concepts>

namespace flowkit {

/// Four random words of one counter.
struct philox_block {
  std::uint32_t word[4];
};

/// One round of Philox 4x32 (Salmon et al., SC 2011, section 4.3).
FLOWKIT_HD constexpr philox_block philox_round(const philox_block& in, std::uint32_t k0,
                                               std::uint32_t k1) {
  const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * in.word[0];
  const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * in.word[2];
  return {{static_cast<std::uint32_t>(p1 >> 32) ^ in.word[1] ^ k0, static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ in.word[3] ^ k1, static_cast<std::uint32_t>(p0)}};
}

/// Philox 4x32-10: a bijection of the 128-bit counter for every 64-bit key.
FLOWKIT_HD constexpr philox_block philox(std::uint64_t key, std::uint64_t counter_low,
                                         std::uint64_t counter_high) {
  philox_block block{
      {static_cast<std::uint32_t>(counter_low), static_cast<std::uint32_t>(counter_low >> 32),
       static_cast<std::uint32_t>(counter_high), static_cast<std::uint32_t>(counter_high >> 32)}};
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    block = philox_round(block, k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return block;
}

/// Names one independent stream of random numbers. A value: copying it repeats the stream, so a key
/// is used once and split for further uses.
struct rng_key {
  std::uint64_t seed = 0;    ///< Philox key
  std::uint64_t stream = 0;  ///< high half of the Philox counter

  /// The i-th child; children of different keys or indices share no stream (up to a 64-bit hash).
  [[nodiscard]] FLOWKIT_HD constexpr rng_key split(std::uint64_t i) const {
    const philox_block b = philox(seed ^ 0x5851F42D4C957F2Du, i, stream);
    return {seed, (std::uint64_t{b.word[1]} << 32) | b.word[0]};
  }

  /// Block number `i` of this stream; element e of a tensor uses word e % 4 of block e / 4.
  [[nodiscard]] FLOWKIT_HD constexpr philox_block block(std::uint64_t i) const {
    return philox(seed, i, stream);
  }

  friend constexpr bool operator==(const rng_key&, const rng_key&) = default;
};

/// Hands out fresh children of a key one after the other; for host code that draws step by step.
class key_sequence {
 public:
  constexpr explicit key_sequence(rng_key root) : root_(root) {}
  constexpr explicit key_sequence(std::uint64_t seed) : root_{seed, 0} {}

  constexpr rng_key next() { return root_.split(count_++); }
  /// Keys handed out so far; together with the root it restores the sequence.
  [[nodiscard]] constexpr std::uint64_t count() const { return count_; }
  constexpr void skip_to(std::uint64_t count) { count_ = count; }

 private:
  rng_key root_;
  std::uint64_t count_ = 0;
};

/// A word as a float in the open interval (0, 1): multiples of 2^-23 plus half a step. One bit more
/// would round the largest word up to 1.
FLOWKIT_HD constexpr float unit_interval(std::uint32_t word, float) {
  return (static_cast<float>(word >> 9) + 0.5f) * 0x1p-23f;
}

/// The same for double: all 32 bits, equal to the float value within 2^-23.
FLOWKIT_HD constexpr double unit_interval(std::uint32_t word, double) {
  return (static_cast<double>(word) + 0.5) * 0x1p-32;
}

/// A word as a number in (0, 1] that is accurate relative to its size: the argument of a logarithm.
template <std::floating_point T>
FLOWKIT_HD constexpr T positive_unit(std::uint32_t word) {
  return (static_cast<T>(word) + T(0.5)) * T(0x1p-32);
}

/// One word mapped to 0 .. bound - 1 by multiplication; bias below bound / 2^32.
FLOWKIT_HD constexpr std::uint32_t bounded(std::uint32_t word, std::uint32_t bound) {
  return static_cast<std::uint32_t>((std::uint64_t{word} * bound) >> 32);
}

}  // namespace flowkit
