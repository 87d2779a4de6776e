// Little-endian numbers in byte strings: the one place where file bytes become values.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace flowkit {

/// Bytes of a file or of a tensor, not owned.
using byte_view = std::span<const std::byte>;

namespace detail {

// Every format handled here is little-endian, and so is every supported machine. A port to a
// big-endian one has to swap in the two functions below and in the array loaders.
static_assert(std::endian::native == std::endian::little);

/// Value at offset `at`. The caller has checked that `at + sizeof(T) <= bytes.size()`.
template <class T>
  requires std::integral<T> || std::floating_point<T>
[[nodiscard]] T load_little(byte_view bytes, std::size_t at) noexcept {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
  requires std::integral<T> || std::floating_point<T>
void append_little(std::string& out, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof value);
}

inline byte_view bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view chars_of(byte_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace detail
}  // namespace flowkit
