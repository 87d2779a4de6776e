#include <flowkit/io/file.hpp>
#include <flowkit/io/sha256.hpp>

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace flowkit {
namespace {

/// Fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2).
constexpr std::array<std::uint32_t, 64> round_constants{
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

/// The message schedule of a block: 16 words of it and 48 that are made of them.
std::array<std::uint32_t, 64> schedule(const std::byte* block) noexcept {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < 4; ++k) {
      w[i] = (w[i] << 8) | std::to_integer<std::uint32_t>(block[4 * i + k]);
    }
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = w[i - 15];
    const std::uint32_t b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
  }
  return w;
}

void compress_baseline(std::uint32_t* state, const std::byte* block) {
  const std::array<std::uint32_t, 64> w = schedule(block);
  std::array<std::uint32_t, 8> words{};
  std::copy_n(state, words.size(), words.begin());
  auto [a, b, c, d, e, f, g, h] = words;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < added.size(); ++i) state[i] += added[i];
}

#if defined(__x86_64__)
/// With the processor's own instructions for SHA-256, five times as fast. They hold the state as
/// (a, b, e, f) and (c, d, g, h), highest lane first, and do two rounds each.
[[gnu::target("sha,sse4.1")]] void compress_sha(std::uint32_t* state, const std::byte* block) {
  const auto word = [&](int i) { return static_cast<int>(state[i]); };
  const __m128i abef_before = _mm_set_epi32(word(0), word(1), word(4), word(5));
  const __m128i cdgh_before = _mm_set_epi32(word(2), word(3), word(6), word(7));
  const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
  __m128i abef = abef_before;
  __m128i cdgh = cdgh_before;
  __m128i w[4];  // the last 16 words of the schedule
  for (std::size_t i = 0; i < 16; ++i) {
    __m128i& next = w[i % 4];
    if (i < 4) {
      const void* const bytes = block + 16 * i;
      next = _mm_shuffle_epi8(_mm_loadu_si128(static_cast<const __m128i*>(bytes)), big_endian);
    } else {
      const __m128i& last = w[(i + 3) % 4];
      const __m128i seven_back = _mm_alignr_epi8(last, w[(i + 2) % 4], 4);
      const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(next, w[(i + 1) % 4]), seven_back);
      next = _mm_sha256msg2_epu32(sum, last);
    }
    const void* const constants = round_constants.data() + 4 * i;
    const __m128i added =
        _mm_add_epi32(next, _mm_loadu_si128(static_cast<const __m128i*>(constants)));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0E));
  }
  alignas(16) std::uint32_t words[8];
  _mm_store_si128(reinterpret_cast<__m128i*>(words), _mm_add_epi32(abef, abef_before));
  _mm_store_si128(reinterpret_cast<__m128i*>(words + 4), _mm_add_epi32(cdgh, cdgh_before));
  constexpr std::size_t place[8] = {3, 2, 7, 6, 1, 0, 5, 4};
  for (std::size_t i = 0; i < 8; ++i) state[i] = words[place[i]];
}

/// Not by __builtin_cpu_supports, which does not know these instructions in clang 14.
bool has_sha() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 &&
         __builtin_cpu_supports("sse4.1");
}
#endif

}  // namespace

std::span<const detail::sha256_compression> detail::usable_sha256_compressions() {
#if defined(__x86_64__)
  static constexpr std::array<sha256_compression, 2> all{compress_baseline, compress_sha};
  const std::size_t usable = has_sha() ? 2 : 1;
#else
  static constexpr std::array<sha256_compression, 1> all{compress_baseline};
  const std::size_t usable = 1;
#endif
  return std::span(all).first(usable);
}

void sha256::compress(const std::byte* block) noexcept {
  static const detail::sha256_compression fastest = detail::usable_sha256_compressions().back();
  fastest(state_.data(), block);
}

void sha256::update(byte_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t used = bytes_ % block_bytes;
    if (used == 0 && bytes.size() >= block_bytes) {
      compress(bytes.data());
      bytes_ += block_bytes;
      bytes = bytes.subspan(block_bytes);
      continue;
    }
    const std::size_t count = std::min(bytes.size(), block_bytes - used);
    std::copy_n(bytes.begin(), count, pending_.begin() + static_cast<std::ptrdiff_t>(used));
    bytes_ += count;
    bytes = bytes.subspan(count);
    if (used + count == block_bytes) compress(pending_.data());
  }
}

sha256::digest_type sha256::digest() const noexcept {
  sha256 end = *this;
  const std::uint64_t bits = bytes_ * 8;
  // One bit, zeros, and the length as the last eight bytes of a block.
  std::array<std::byte, 2 * block_bytes> padding{std::byte{0x80}};
  const std::size_t used = bytes_ % block_bytes;
  const std::size_t count = (used < block_bytes - 8 ? block_bytes : 2 * block_bytes) - used;
  for (std::size_t i = 0; i < 8; ++i) {
    padding[count - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
  }
  end.update({padding.data(), count});
  digest_type out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(end.state_[i / 4] >> (24 - 8 * (i % 4)));
  }
  return out;
}

std::string to_text(const sha256::digest_type& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string sha256_of(byte_view bytes) {
  sha256 hash;
  hash.update(bytes);
  return to_text(hash.digest());
}

std::string sha256_of_file(const std::string& path) {
  const mapped_file file(path);
  return sha256_of(file.bytes());
}

}  // namespace flowkit
