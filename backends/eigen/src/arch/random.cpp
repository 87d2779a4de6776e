// Uniform and normal numbers from Philox blocks, sixteen blocks at a time.
#include "kernels.hpp"
#include "packets.hpp"
#include "quad.hpp"

#include <cstring>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Blocks computed side by side.
constexpr int width = 16;
static_assert(index_t{4} * width == random_grain);

// The compilers' own vectors: xsimd has no conversion between words and numbers for all of them.
// They are handed over by reference, because how a vector wider than a register is passed by value
// depends on the instruction set.
using words [[gnu::vector_size(4 * width)]] = std::uint32_t;
using signed_words [[gnu::vector_size(4 * width)]] = std::int32_t;
using word_pairs [[gnu::vector_size(4 * width)]] = std::uint64_t;

/// The four words of `width` consecutive blocks.
struct word_table {
  words word[4];
};

/// Upper and lower halves of the products of words with a factor.
void multiply(const words& w, std::uint32_t factor, words& high, words& low) {
  constexpr std::uint64_t mask = 0xFFFFFFFFu;
  const auto pairs = reinterpret_cast<word_pairs>(w);
  const word_pairs even = (pairs & mask) * factor;
  const word_pairs odd = (pairs >> 32) * factor;
  high = reinterpret_cast<words>((even >> 32) | (odd & ~mask));
  low = w * factor;
}

// The arithmetic of flowkit::philox.
void philox_rounds(rng_key key, word_table& w) {
  auto k0 = static_cast<std::uint32_t>(key.seed);
  auto k1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    words high0, low0, high1, low1;
    multiply(w.word[0], 0xD2511F53u, high0, low0);
    multiply(w.word[2], 0xCD9E8D57u, high1, low1);
    w.word[0] = high1 ^ w.word[1] ^ k0;
    w.word[1] = low1;
    w.word[2] = high0 ^ w.word[3] ^ k1;
    w.word[3] = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

/// Blocks first, first + 1, ... of the stream of a key. `first` is a multiple of `width`.
void words_of(rng_key key, std::uint64_t first, word_table& w) {
  constexpr words count = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr words zero = {};
  w.word[0] = count + static_cast<std::uint32_t>(first);
  w.word[1] = zero + static_cast<std::uint32_t>(first >> 32);
  w.word[2] = zero + static_cast<std::uint32_t>(key.stream);
  w.word[3] = zero + static_cast<std::uint32_t>(key.stream >> 32);
  philox_rounds(key, w);
}

/// Numbers made from words, `width` of them.
template <class T>
struct numbers {
  using type [[gnu::vector_size(width * sizeof(T))]] = T;
};
template <class T>
using numbers_t = typename numbers<T>::type;

// The arithmetic of flowkit::unit_interval. Conversions go through signed words, which every
// instruction set has.
void unit_intervals(const words& w, numbers_t<float>& u) {
  const signed_words upper = reinterpret_cast<signed_words>(w) >> 9 & 0x7FFFFF;
  u = (__builtin_convertvector(upper, numbers_t<float>) + 0.5f) * 0x1p-23f;
}
void unit_intervals(const words& w, numbers_t<double>& u) {
  const words shifted = w ^ 0x80000000u;
  const auto centered = reinterpret_cast<signed_words>(shifted);
  u = (__builtin_convertvector(centered, numbers_t<double>) + (0x1p31 + 0.5)) * 0x1p-32;
}

// The arithmetic of flowkit::positive_unit: both halves convert exactly, their sum is rounded once.
void positive_units(const words& w, numbers_t<float>& u) {
  const signed_words lower = reinterpret_cast<signed_words>(w) & 0xFFFF;
  const signed_words upper = reinterpret_cast<signed_words>(w) >> 16 & 0xFFFF;
  const numbers_t<float> word = __builtin_convertvector(upper, numbers_t<float>) * 0x1p16f +
                                __builtin_convertvector(lower, numbers_t<float>);
  u = (word + 0.5f) * 0x1p-32f;
}
void positive_units(const words& w, numbers_t<double>& u) { unit_intervals(w, u); }

template <class T>
struct sample_table {
  alignas(64) T word[4][width];
};

template <class T>
void store(const numbers_t<T>& from, T (&to)[width]) {
  std::memcpy(to, &from, sizeof(from));
}

/// Box and Muller (1958): two normal numbers from two uniform ones.
template <class T>
void normal_pairs(const words& radius_word, const words& angle_word, T (&z0)[width],
                  T (&z1)[width]) {
  numbers_t<T> u;
  positive_units(radius_word, u);
  store<T>(u, z0);
  unit_intervals(angle_word, u);
  store<T>(u, z1);
  for (int j = 0; j < width; j += static_cast<int>(lanes<T>)) {
    const packet<T> log_u = xsimd::log(packet<T>::load_aligned(z0 + j));
    const packet<T> r = xsimd::sqrt(packet<T>(T(-2)) * log_u);
    const packet<T> turn = packet<T>(T(6.283185307179586476925)) * packet<T>::load_aligned(z1 + j);
    const auto [sine, cosine] = xsimd::sincos(turn);
    (r * cosine).store_aligned(z0 + j);
    (r * sine).store_aligned(z1 + j);
  }
}

template <class T>
void uniform_samples(const word_table& w, sample_table<T>& z) {
  for (int i = 0; i < 4; ++i) {
    numbers_t<T> u;
    unit_intervals(w.word[i], u);
    store<T>(u, z.word[i]);
  }
}

template <class T>
void normal_samples(const word_table& w, sample_table<T>& z) {
  normal_pairs<T>(w.word[0], w.word[1], z.word[0], z.word[1]);
  normal_pairs<T>(w.word[2], w.word[3], z.word[2], z.word[3]);
}

/// Writes the samples of consecutive blocks in the order of elements, the last ones in part.
template <class T, class F>
void generate(rng_key key, index_t first, index_t last, T* y, const F& samples) {
  word_table w;
  sample_table<T> z;
  for (index_t e = first; e < last; e += random_grain) {
    words_of(key, static_cast<std::uint64_t>(e / 4), w);
    samples(w, z);
    T* to = y + e;
    if (last - e >= random_grain) {
      for (index_t j = 0; j < width; j += 4) transpose_quad(&z.word[0][j], width, 4, to + 4 * j, 4);
    } else {
      for (index_t i = 0; i < last - e; ++i) to[i] = z.word[i % 4][i / 4];
    }
  }
}

}  // namespace

template <class T>
void random_kernels<T>::uniform(rng_key key, index_t first, index_t last, T* y) {
  generate(key, first, last, y, uniform_samples<T>);
}

template <class T>
void random_kernels<T>::normal(rng_key key, index_t first, index_t last, T* y) {
  generate(key, first, last, y, normal_samples<T>);
}

template struct random_kernels<float>;
template struct random_kernels<double>;

}  // namespace flowkit::FLOWKIT_ARCH
