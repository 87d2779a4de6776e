// Arrays as files hold them: element type, shape and bytes, owned or borrowed. No arithmetic.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/io/bytes.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace flowkit {

/// Element types that occur in files. `f16` and `bf16` can be read (converted) but have no C++
/// type.
enum class dtype : std::uint8_t {
  boolean,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  f16,
  bf16,
  f32,
  f64
};

/// Bytes per element.
[[nodiscard]] index_t item_size(dtype type) noexcept;
/// Name as in messages: "f32", "u8", "boolean".
[[nodiscard]] std::string to_text(dtype type);

namespace detail {
template <class T>
inline constexpr std::optional<dtype> dtype_of = std::nullopt;
template <>
inline constexpr std::optional<dtype> dtype_of<bool> = dtype::boolean;
template <>
inline constexpr std::optional<dtype> dtype_of<std::int8_t> = dtype::i8;
template <>
inline constexpr std::optional<dtype> dtype_of<std::int16_t> = dtype::i16;
template <>
inline constexpr std::optional<dtype> dtype_of<std::int32_t> = dtype::i32;
template <>
inline constexpr std::optional<dtype> dtype_of<std::int64_t> = dtype::i64;
template <>
inline constexpr std::optional<dtype> dtype_of<std::uint8_t> = dtype::u8;
template <>
inline constexpr std::optional<dtype> dtype_of<std::uint16_t> = dtype::u16;
template <>
inline constexpr std::optional<dtype> dtype_of<std::uint32_t> = dtype::u32;
template <>
inline constexpr std::optional<dtype> dtype_of<std::uint64_t> = dtype::u64;
template <>
inline constexpr std::optional<dtype> dtype_of<float> = dtype::f32;
template <>
inline constexpr std::optional<dtype> dtype_of<double> = dtype::f64;
}  // namespace detail

/// C++ types that an array can hold.
template <class T>
concept ArrayElement = detail::dtype_of<T>
.has_value();

/// Dimensions, slowest first (row-major). Empty for a scalar.
using array_shape = std::vector<index_t>;

/// Shape as in messages: "[2, 3]".
[[nodiscard]] std::string to_text(const array_shape& shape);

/// Bytes that an array needs; nothing if a dimension is negative or the product exceeds 2^62.
[[nodiscard]] std::optional<index_t> byte_count(dtype type, const array_shape& shape) noexcept;

/// A typed, shaped, read-only window on bytes that somebody else owns.
class array_view {
 public:
  /// Throws invalid_input unless `bytes` has exactly the size that type and shape need.
  array_view(dtype type, array_shape shape, byte_view bytes);

  [[nodiscard]] dtype type() const noexcept { return type_; }
  [[nodiscard]] const array_shape& shape() const noexcept { return shape_; }
  [[nodiscard]] byte_view bytes() const noexcept { return bytes_; }
  /// Number of elements.
  [[nodiscard]] index_t size() const noexcept;

  /// The elements in place. Throws invalid_input if the type differs or if the bytes are not
  /// aligned for T (some writers of safetensors files do not align); `converted` handles both.
  template <ArrayElement T>
  [[nodiscard]] std::span<const T> values() const {
    check_access(*detail::dtype_of<T>, alignof(T));
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

  /// A copy as T, from any element type. Floating-point targets round; integer targets throw
  /// invalid_input for a value that they cannot represent. Allocates.
  template <ArrayElement T>
    requires(!std::same_as<T, bool>)
  [[nodiscard]] std::vector<T> converted() const;

 private:
  void check_access(dtype wanted, std::size_t alignment) const;

  dtype type_;
  array_shape shape_;
  byte_view bytes_;
};

/// An array that owns its bytes, in row-major order.
class array {
 public:
  /// Filled with zeros. Throws invalid_input for a negative or overflowing shape. Allocates.
  array(dtype type, array_shape shape);
  /// Takes the bytes. Throws invalid_input if their number does not fit type and shape.
  array(dtype type, array_shape shape, std::vector<std::byte> bytes);

  [[nodiscard]] dtype type() const noexcept { return type_; }
  [[nodiscard]] const array_shape& shape() const noexcept { return shape_; }
  [[nodiscard]] index_t size() const noexcept { return view().size(); }
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return bytes_; }
  [[nodiscard]] byte_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] array_view view() const { return {type_, shape_, bytes_}; }
  operator array_view() const { return view(); }  // NOLINT(google-explicit-constructor)

  /// See array_view.
  template <ArrayElement T>
  [[nodiscard]] std::span<const T> values() const {
    return view().template values<T>();
  }
  /// See array_view.
  template <ArrayElement T>
  [[nodiscard]] std::vector<T> converted() const {
    return view().template converted<T>();
  }

 private:
  dtype type_;
  array_shape shape_;
  std::vector<std::byte> bytes_;
};

/// Names contiguous values (a vector, span or std::array) as an array, without copying them.
template <class Range>
  requires requires(const Range& range) { std::span{range}; }
[[nodiscard]] array_view as_array(const Range& range, array_shape shape) {
  const std::span all{range};
  using element = std::remove_cv_t<typename decltype(all)::element_type>;
  static_assert(ArrayElement<element>, "files hold bool, [u]int8..64_t, float and double");
  return {*detail::dtype_of<element>, std::move(shape), std::as_bytes(all)};
}

/// An entry of a file with several arrays.
struct named_array_view {
  std::string name;
  array_view value;
};

}  // namespace flowkit
