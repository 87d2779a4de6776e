// Channels of several views side by side, and apart again.
#pragma once

#include <flowkit/backend/workspace.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/nn/shape.hpp>

#include <array>

namespace flowkit {

/// The shape of `concatenate` for inputs of these shapes. Throws invalid_input where anything but
/// the last size differs.
template <std::size_t R, class... Shapes>
[[nodiscard]] extents<R> concatenated_shape(const extents<R>& first, const Shapes&... others) {
  extents<R> shape = first;
  const auto append = [&](const extents<R>& other) {
    FLOWKIT_VALIDATE(with_channels(other, shape[R - 1]) == shape, "views of shapes ", first,
                     " and ", other,
                     " cannot stand side by side: all sizes but the last must be equal");
    shape[R - 1] += other[R - 1];
  };
  (append(others), ...);
  return shape;
}

/// [..., a], [..., b], ... -> [..., a + b + ...]: the inputs (any strides, possibly no channels)
/// are copied into slices of a dense output. Linear, so tangents are concatenated in the same way.
template <class B, class T, std::size_t R, class... Views>
view_of<B, R> concatenate(B& be, workspace<B>& ws, view<T, R, typename B::space> first,
                          const Views&... others) {
  const view_of<B, R> y = ws.take(concatenated_shape(first.shape(), others.shape()...));
  index_t at = 0;
  const auto append = [&](const_view_of<B, R> part) {
    be.copy(columns(y, at, part.shape()[R - 1]), part);
    at += part.shape()[R - 1];
  };
  append(first);
  (append(others), ...);
  return y;
}

/// The adjoint of `concatenate`: dense copies of the slices of that many channels each. Throws
/// invalid_input where the channels do not add up.
template <class B, class T, std::size_t R, std::integral... Channels>
std::array<view_of<B, R>, sizeof...(Channels)> split_channels(B& be, workspace<B>& ws,
                                                              view<T, R, typename B::space> dy,
                                                              Channels... channels) {
  validate_channels("split", dy.shape(), (index_t{0} + ... + index_t{channels}));
  index_t at = 0;
  const auto take = [&](index_t count) {
    const view_of<B, R> part = ws.take(with_channels(dy.shape(), count));
    be.copy(part, columns(dy, at, count));
    at += count;
    return part;
  };
  return {take(index_t{channels})...};  // braces evaluate from left to right
}

}  // namespace flowkit
