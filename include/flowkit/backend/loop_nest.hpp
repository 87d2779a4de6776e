// The loop that an elementwise pass over several views comes down to.
#pragma once

#include <flowkit/core/view.hpp>

namespace flowkit::detail {

/// N operands walked together: up to three outer axes and one inner axis, after adjacent axes that
/// are contiguous for every operand were merged. A plain aggregate that can cross to a device.
template <std::size_t N>
struct loop_nest {
  index_t outer[3];
  index_t inner;
  index_t outer_stride[3][N];
  index_t inner_stride[N];

  [[nodiscard]] constexpr index_t rows() const { return outer[0] * outer[1] * outer[2]; }

  /// Whether every operand walks the inner axis element by element.
  [[nodiscard]] constexpr bool unit() const {
    for (std::size_t i = 0; i < N; ++i) {
      if (inner_stride[i] != 1) return false;
    }
    return true;
  }

  /// Offset of operand i at the start of a row (a position on the outer axes).
  [[nodiscard]] FLOWKIT_HD constexpr index_t offset(index_t row, std::size_t i) const {
    const index_t last = row % outer[2];
    const index_t middle = (row / outer[2]) % outer[1];
    const index_t first = row / (outer[2] * outer[1]);
    return first * outer_stride[0][i] + middle * outer_stride[1][i] + last * outer_stride[2][i];
  }
};

/// Merges the axes of views of one shape (rank up to 4) into a loop nest.
template <std::size_t R, std::size_t N>
constexpr loop_nest<N> collapse(const extents<R>& shape, const extents<R> (&strides)[N]) {
  static_assert(R <= 4, "elementwise operations take views of rank 4 at most");
  index_t sizes[4] = {1, 1, 1, 1};
  index_t steps[4][N] = {};
  std::size_t axes = 0;
  for (std::size_t axis = R; axis-- > 0;) {
    if (shape[axis] == 1) continue;
    bool merges = axes > 0;
    for (std::size_t i = 0; i < N && merges; ++i) {
      merges = strides[i][axis] == steps[axes - 1][i] * sizes[axes - 1];
    }
    if (merges) {
      sizes[axes - 1] *= shape[axis];
      continue;
    }
    sizes[axes] = shape[axis];
    for (std::size_t i = 0; i < N; ++i) steps[axes][i] = strides[i][axis];
    ++axes;
  }
  loop_nest<N> loop{};
  loop.inner = sizes[0];
  for (std::size_t i = 0; i < N; ++i) loop.inner_stride[i] = axes > 0 ? steps[0][i] : 1;
  for (std::size_t k = 0; k < 3; ++k) {
    loop.outer[2 - k] = sizes[k + 1];
    for (std::size_t i = 0; i < N; ++i) loop.outer_stride[2 - k][i] = steps[k + 1][i];
  }
  return loop;
}

/// The first of several values: what a pack has in common.
template <class First, class... Rest>
constexpr const First& first(const First& value, const Rest&...) {
  return value;
}

/// The nest of matrices or stacks of matrices with the innermost axis as columns, nothing merged.
template <class... U, std::size_t R, Space S>
constexpr loop_nest<sizeof...(U)> uncollapsed(const view<U, R, S>&... views) {
  const extents<R>& shape = first(views...).shape();
  FLOWKIT_EXPECT(((views.shape() == shape) && ...));
  loop_nest<sizeof...(U)> loop{{1, R == 3 ? shape[0] : 1, shape[R - 2]}, shape[R - 1], {}, {}};
  std::size_t i = 0;
  const auto add = [&](const extents<R>& strides) {
    loop.outer_stride[1][i] = R == 3 ? strides[0] : 0;
    loop.outer_stride[2][i] = strides[R - 2];
    loop.inner_stride[i++] = strides[R - 1];
  };
  (add(views.strides()), ...);
  return loop;
}

}  // namespace flowkit::detail
