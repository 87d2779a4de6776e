#include "data/elements.hpp"

#include <flowkit/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace flowkit::policy::detail {
namespace {

/// The common cases: every value of Stored is a value of T, or rounds to one.
template <class T, class Stored>
void convert_all(byte_view bytes, std::span<T> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    out[i] = static_cast<T>(value);
  }
}

template <class T>
void convert_rare(dtype type, byte_view bytes, std::span<T> out) {
  const array_view from(type, {static_cast<index_t>(out.size())}, bytes);
  const std::vector<T> values = from.converted<T>();
  std::copy(values.begin(), values.end(), out.begin());
}

template <class T>
std::vector<std::byte> bytes_of(T value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  return {first, first + sizeof value};
}

template <class T>
std::vector<std::byte> integer_bytes(dtype type, std::int64_t value) {
  FLOWKIT_VALIDATE(std::in_range<T>(value), value, " is not a value of ", type);
  return bytes_of(static_cast<T>(value));
}

}  // namespace

template <class T>
void convert_elements(dtype type, byte_view bytes, std::span<T> out) {
  constexpr bool real = std::floating_point<T>;
  if (type == dtype::u8) return convert_all<T, std::uint8_t>(bytes, out);
  if (real && type == dtype::f32) return convert_all<T, float>(bytes, out);
  if (real && type == dtype::f64) return convert_all<T, double>(bytes, out);
  if (type == dtype::i64 && sizeof(T) == 8) return convert_all<T, std::int64_t>(bytes, out);
  convert_rare(type, bytes, out);
}

template void convert_elements(dtype, byte_view, std::span<float>);
template void convert_elements(dtype, byte_view, std::span<double>);
template void convert_elements(dtype, byte_view, std::span<std::uint8_t>);
template void convert_elements(dtype, byte_view, std::span<std::int64_t>);

std::vector<std::byte> element_bytes(dtype type, double value) {
  if (type == dtype::f32) return bytes_of(static_cast<float>(value));
  if (type == dtype::f64) return bytes_of(value);
  const bool whole = value == std::trunc(value) && std::abs(value) < 0x1p53;
  FLOWKIT_VALIDATE(whole, value, " is not a value of ", type);
  return element_bytes(type, static_cast<std::int64_t>(value));
}

std::vector<std::byte> element_bytes(dtype type, std::int64_t value) {
  switch (type) {
    case dtype::boolean:
      FLOWKIT_VALIDATE(value == 0 || value == 1, value, " is not a value of boolean");
      return bytes_of(static_cast<std::uint8_t>(value));
    case dtype::i8:
      return integer_bytes<std::int8_t>(type, value);
    case dtype::i16:
      return integer_bytes<std::int16_t>(type, value);
    case dtype::i32:
      return integer_bytes<std::int32_t>(type, value);
    case dtype::i64:
      return bytes_of(value);
    case dtype::u8:
      return integer_bytes<std::uint8_t>(type, value);
    case dtype::u16:
      return integer_bytes<std::uint16_t>(type, value);
    case dtype::u32:
      return integer_bytes<std::uint32_t>(type, value);
    case dtype::u64:
      return integer_bytes<std::uint64_t>(type, value);
    case dtype::f32:
      return bytes_of(static_cast<float>(value));
    case dtype::f64:
      return bytes_of(static_cast<double>(value));
    case dtype::f16:
    case dtype::bf16:
      break;
  }
  FLOWKIT_VALIDATE(value == 0, "elements of ", type, " can only be filled with 0, not ", value);
  return std::vector<std::byte>(static_cast<std::size_t>(item_size(type)));
}

}  // namespace flowkit::policy::detail
