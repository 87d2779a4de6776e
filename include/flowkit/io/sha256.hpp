// SHA-256 of files and bytes: names of contents, for provenance and for skipping finished work.
#pragma once

#include <flowkit/io/bytes.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace flowkit {
namespace detail {

/// Mixes a block of 64 bytes into the eight words of a hash (FIPS 180-4, section 6.2.2).
using sha256_compression = void (*)(std::uint32_t* state, const std::byte* block);

/// Ways to do that on this processor, the fastest last.
[[nodiscard]] std::span<const sha256_compression> usable_sha256_compressions();

}  // namespace detail

/// The Secure Hash Algorithm of 256 bits (FIPS 180-4) over bytes that arrive piece by piece. Equal
/// contents have equal hashes; nobody can find different contents of equal hash. Never allocates.
class sha256 {
 public:
  static constexpr std::size_t digest_bytes = 32;
  using digest_type = std::array<std::uint8_t, digest_bytes>;

  /// Appends bytes; how they are cut into calls does not matter.
  void update(byte_view bytes) noexcept;

  /// The hash of everything so far. More bytes may follow.
  [[nodiscard]] digest_type digest() const noexcept;

 private:
  static constexpr std::size_t block_bytes = 64;

  void compress(const std::byte* block) noexcept;

  std::array<std::uint32_t, 8> state_{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  std::array<std::byte, block_bytes> pending_{};
  std::uint64_t bytes_ = 0;
};

/// The hash as 64 hexadecimal digits in lower case.
[[nodiscard]] std::string to_text(const sha256::digest_type& digest);

/// Hash of bytes, as text.
[[nodiscard]] std::string sha256_of(byte_view bytes);

/// Hash of the content of a file, as text; the file is mapped, not copied. Throws file_error.
[[nodiscard]] std::string sha256_of_file(const std::string& path);

}  // namespace flowkit
