// Shapes: a fixed number of sizes, usable in host and device code.
#pragma once

#include <flowkit/core/platform.hpp>

#include <string>

namespace flowkit {

/// Sizes (or strides) of an array of rank R, outermost first.
/// A plain aggregate instead of std::array, whose accessors are not callable on every device.
template <std::size_t R>
struct extents {
  index_t n[R];

  FLOWKIT_HD constexpr index_t& operator[](std::size_t axis) { return n[axis]; }
  FLOWKIT_HD constexpr index_t operator[](std::size_t axis) const { return n[axis]; }
  friend constexpr bool operator==(const extents&, const extents&) = default;
};

/// The shape of a scalar.
template <>
struct extents<0> {
  FLOWKIT_HD constexpr index_t operator[](std::size_t) const { return 1; }
  friend constexpr bool operator==(const extents&, const extents&) = default;
};

template <class... Sizes>
extents(Sizes...) -> extents<sizeof...(Sizes)>;

/// Number of elements; 1 for a scalar.
template <std::size_t R>
FLOWKIT_HD constexpr index_t size_of(const extents<R>& shape) {
  index_t size = 1;
  for (std::size_t axis = 0; axis < R; ++axis) size *= shape[axis];
  return size;
}

/// Strides of a dense row-major array of this shape, in elements.
template <std::size_t R>
FLOWKIT_HD constexpr extents<R> dense_strides(const extents<R>& shape) {
  extents<R> strides{};
  if constexpr (R > 0) {
    index_t step = 1;
    for (std::size_t axis = R; axis-- > 0;) {
      strides[axis] = step;
      step *= shape[axis];
    }
  }
  return strides;
}

/// Readable form for messages: "[2, 16, 4]".
template <std::size_t R>
std::string to_text(const extents<R>& shape) {
  std::string out = "[";
  for (std::size_t axis = 0; axis < R; ++axis) {
    if (axis > 0) out += ", ";
    out += std::to_string(shape[axis]);
  }
  return out + "]";
}

}  // namespace flowkit
