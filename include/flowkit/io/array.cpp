#include <flowkit/core/error.hpp>
#include <flowkit/io/array.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace flowkit {
namespace {

struct dtype_row {
  index_t size;
  const char* name;
};

constexpr dtype_row dtype_table[] = {{1, "boolean"}, {1, "i8"},  {2, "i16"}, {4, "i32"}, {8, "i64"},
                                     {1, "u8"},      {2, "u16"}, {4, "u32"}, {8, "u64"}, {2, "f16"},
                                     {2, "bf16"},    {4, "f32"}, {8, "f64"}};

// 16-bit floats are read as float: exact, since both are subsets.
struct half_bits {
  std::uint16_t bits;
};
struct bfloat_bits {
  std::uint16_t bits;
};

float widen(half_bits value) noexcept {
  const bool negative = (value.bits & 0x8000U) != 0;
  const int exponent = (value.bits >> 10) & 0x1F;
  const int fraction = value.bits & 0x3FF;
  float magnitude = 0;
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return negative ? -magnitude : magnitude;
}

float widen(bfloat_bits value) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16U);
}

template <class T>
T widen(T value) noexcept {
  return value;
}

template <class To, class From>
bool representable(From value) noexcept {
  if constexpr (std::is_floating_point_v<To>) {
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    // 2^digits is the first value too large; it is exact in every floating-point type.
    const From end = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    const From begin = std::is_signed_v<To> ? -end : From{0};
    return value >= begin && value < end && value == std::trunc(value);
  } else {
    return std::in_range<To>(value);
  }
}

template <class To, class Stored>
std::vector<To> convert(const array_view& from) {
  std::vector<To> out(static_cast<std::size_t>(from.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, from.bytes().data() + i * sizeof stored, sizeof stored);
    const auto value = widen(stored);
    FLOWKIT_VALIDATE(representable<To>(value), "element ", i, " of an array of ", from.type(),
                     " is ", value,
                     ", which the requested type cannot represent; convert to double");
    out[i] = static_cast<To>(value);  // NOLINT(bugprone-signed-char-misuse): i8 are numbers here
  }
  return out;
}

template <class To>
std::vector<To> convert_boolean(const array_view& from) {
  std::vector<To> out(from.bytes().size());
  std::transform(from.bytes().begin(), from.bytes().end(), out.begin(),
                 [](std::byte b) { return static_cast<To>(b != std::byte{0} ? 1 : 0); });
  return out;
}

index_t required_bytes(dtype type, const array_shape& shape) {
  const auto bytes = byte_count(type, shape);
  FLOWKIT_VALIDATE(bytes, "shape ", to_text(shape), " of ", type,
                   " has a negative dimension or more than 2^62 bytes, so there is no such array: "
                   "look at the sizes that it was computed from");
  return *bytes;
}

void check_size(dtype type, const array_shape& shape, std::size_t bytes) {
  const auto needed = required_bytes(type, shape);
  FLOWKIT_VALIDATE(static_cast<std::size_t>(needed) == bytes, "shape ", to_text(shape), " of ",
                   type, " needs ", needed, " bytes, but ", bytes,
                   " are given: correct the shape or the element type, or give all elements");
}

}  // namespace

index_t item_size(dtype type) noexcept { return dtype_table[static_cast<int>(type)].size; }

std::string to_text(dtype type) { return dtype_table[static_cast<int>(type)].name; }

std::string to_text(const array_shape& shape) {
  std::string out = "[";
  for (const index_t extent : shape) out += text(out.size() > 1 ? ", " : "", extent);
  return out + "]";
}

std::optional<index_t> byte_count(dtype type, const array_shape& shape) noexcept {
  if (std::any_of(shape.begin(), shape.end(), [](index_t n) { return n < 0; })) return std::nullopt;
  // A zero anywhere makes the array empty, whatever the product of the others would be.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  constexpr index_t limit = index_t{1} << 62;
  index_t bytes = item_size(type);
  for (const index_t extent : shape) {
    if (extent > limit / bytes) return std::nullopt;
    bytes *= extent;
  }
  return bytes;
}

array_view::array_view(dtype type, array_shape shape, byte_view bytes)
    : type_(type), shape_(std::move(shape)), bytes_(bytes) {
  check_size(type_, shape_, bytes_.size());
}

index_t array_view::size() const noexcept {
  return static_cast<index_t>(bytes_.size()) / item_size(type_);
}

void array_view::check_access(dtype wanted, std::size_t alignment) const {
  FLOWKIT_VALIDATE(type_ == wanted, "the array holds ", type_, ", but ", wanted,
                   " was asked for; use converted<T>()");
  const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
  FLOWKIT_VALIDATE(address % alignment == 0, "the array of ", type_,
                   " is not aligned in its file; use converted<T>()");
  // A bool with any other byte than 0 or 1 is undefined behaviour in C++.
  const bool plain =
      wanted != dtype::boolean ||
      std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b <= std::byte{1}; });
  FLOWKIT_VALIDATE(plain, "the boolean array has bytes other than 0 and 1; use converted<T>()");
}

template <ArrayElement T>
  requires(!std::same_as<T, bool>)
std::vector<T> array_view::converted()
const {
  switch (type_) {
    case dtype::boolean:
      return convert_boolean<T>(*this);
    case dtype::i8:
      return convert<T, std::int8_t>(*this);
    case dtype::i16:
      return convert<T, std::int16_t>(*this);
    case dtype::i32:
      return convert<T, std::int32_t>(*this);
    case dtype::i64:
      return convert<T, std::int64_t>(*this);
    case dtype::u8:
      return convert<T, std::uint8_t>(*this);
    case dtype::u16:
      return convert<T, std::uint16_t>(*this);
    case dtype::u32:
      return convert<T, std::uint32_t>(*this);
    case dtype::u64:
      return convert<T, std::uint64_t>(*this);
    case dtype::f16:
      return convert<T, half_bits>(*this);
    case dtype::bf16:
      return convert<T, bfloat_bits>(*this);
    case dtype::f32:
      return convert<T, float>(*this);
    case dtype::f64:
      return convert<T, double>(*this);
  }
  return {};
}

template std::vector<std::int8_t> array_view::converted() const;
template std::vector<std::int16_t> array_view::converted() const;
template std::vector<std::int32_t> array_view::converted() const;
template std::vector<std::int64_t> array_view::converted() const;
template std::vector<std::uint8_t> array_view::converted() const;
template std::vector<std::uint16_t> array_view::converted() const;
template std::vector<std::uint32_t> array_view::converted() const;
template std::vector<std::uint64_t> array_view::converted() const;
template std::vector<float> array_view::converted() const;
template std::vector<double> array_view::converted() const;

array::array(dtype type, array_shape shape)
    : type_(type),
      shape_(std::move(shape)),
      bytes_(static_cast<std::size_t>(required_bytes(type_, shape_))) {}

array::array(dtype type, array_shape shape, std::vector<std::byte> bytes)
    : type_(type), shape_(std::move(shape)), bytes_(std::move(bytes)) {
  check_size(type_, shape_, bytes_.size());
}

}  // namespace flowkit
