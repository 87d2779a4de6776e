// Small vocabulary shared by backend operations: transposition, accumulation, window geometry.
#pragma once

#include <flowkit/core/view.hpp>

namespace flowkit {

/// Whether a matrix enters a product transposed.
enum class transpose { no, yes };

/// Whether a result replaces what its target held or is added to it.
enum class accumulate { overwrite, add };

/// What makes a reference admissible in `nearest_within`: rows are chunks of `steps` steps, and the
/// mean over steps of the Euclidean distance between corresponding steps is below `radius`.
template <class T>
struct search_radius {
  T radius;
  index_t steps;
};

/// Windows that slide over height and width: of convolutions and pooling. 1-D data has height 1.
struct convolution_geometry {
  extents<2> kernel{1, 1};
  extents<2> stride{1, 1};
  extents<2> padding{0, 0};  ///< on either side

  [[nodiscard]] constexpr index_t taps() const { return kernel[0] * kernel[1]; }

  /// Windows along one axis of the given size.
  [[nodiscard]] constexpr index_t windows(std::size_t axis, index_t size) const {
    return (size + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
  }

  /// Output shape [batch, height, width, channels] for an input of this shape.
  [[nodiscard]] constexpr extents<4> output(const extents<4>& input, index_t channels) const {
    return {input[0], windows(0, input[1]), windows(1, input[2]), channels};
  }

  friend constexpr bool operator==(const convolution_geometry&,
                                   const convolution_geometry&) = default;
};

/// [batch, height, width, channel] as a matrix of one row per position. The rows must lie at equal
/// distances: the view may be a range of channels of a dense array, but not a range of positions.
template <class T, class Space>
view<T, 2, Space> positions(const view<T, 4, Space>& v) {
  const extents<4>& shape = v.shape();
  const extents<4>& strides = v.strides();
  FLOWKIT_EXPECT(shape[3] <= 1 || strides[3] == 1);
  const index_t step = shape[2] > 1 ? strides[2] : shape[1] > 1 ? strides[1] : strides[0];
  FLOWKIT_EXPECT(shape[1] <= 1 || strides[1] == shape[2] * step);
  FLOWKIT_EXPECT(shape[0] <= 1 || strides[0] == shape[1] * shape[2] * step);
  return {v.data(), extents<2>{shape[0] * shape[1] * shape[2], shape[3]}, extents<2>{step, 1}};
}

}  // namespace flowkit
