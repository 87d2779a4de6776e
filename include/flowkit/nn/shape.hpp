// Shapes as layers see them: batch first, channels last, positions between.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/view.hpp>

#include <string_view>

namespace flowkit {

/// The shape with another number of channels (its last size).
template <std::size_t R>
[[nodiscard]] constexpr extents<R> with_channels(extents<R> shape, index_t channels) {
  shape[R - 1] = channels;
  return shape;
}

/// Throws invalid_input unless the last axis has the channels that a layer was built for.
template <std::size_t R>
void validate_channels(std::string_view layer, const extents<R>& shape, index_t channels) {
  FLOWKIT_VALIDATE(shape[R - 1] == channels, layer, " built for ", channels,
                   " channels got an input of shape ", shape,
                   ": the last axis holds the channels; check the layer or data before it");
}

namespace detail {

/// Whether a layer can have so many of something, or else none: channels, kernels, strides, zeros
/// beside an input. All stay below 2^31, where no sum of some or product of two wraps around.
[[nodiscard]] constexpr bool is_count_or_none(index_t n) { return n >= 0 && n < index_t{1} << 31; }
[[nodiscard]] constexpr bool is_count(index_t n) { return n > 0 && is_count_or_none(n); }

}  // namespace detail

/// Dense data as [batch, position, channel], all middle axes together; a matrix gets one position.
template <class T, std::size_t R, Space S>
  requires(R >= 2)
[[nodiscard]] constexpr view<T, 3, S> as_positions(const view<T, R, S>& v) {
  index_t positions = 1;
  for (std::size_t axis = 1; axis + 1 < R; ++axis) positions *= v.shape()[axis];
  return reshape(v, extents<3>{v.shape()[0], positions, v.shape()[R - 1]});
}

/// Dense [batch, time, channel] as an image of height 1.
template <class T, Space S>
[[nodiscard]] constexpr view<T, 4, S> with_unit_height(const view<T, 3, S>& v) {
  return reshape(v, extents<4>{v.shape()[0], 1, v.shape()[1], v.shape()[2]});
}

/// An image of height 1 as [batch, time, channel].
template <class T, Space S>
[[nodiscard]] constexpr view<T, 3, S> without_height(const view<T, 4, S>& v) {
  FLOWKIT_EXPECT(v.shape()[1] == 1);
  return reshape(v, extents<3>{v.shape()[0], v.shape()[2], v.shape()[3]});
}

}  // namespace flowkit
