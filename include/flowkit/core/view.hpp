// Non-owning references to arrays of a backend: pointer, shape and strides; space is in the type.
#pragma once

#include <flowkit/core/assert.hpp>
#include <flowkit/core/extents.hpp>
#include <flowkit/core/space.hpp>

#include <type_traits>

namespace flowkit {

/// Refers to R-dimensional data of element type T in memory space S. Row-major; an axis of stride 0
/// repeats its only element (broadcasting). Trivially copyable, never owns.
/// T may be const; a mutable view converts to the const view of the same data.
template <class T, std::size_t R, Space S>
class view {
 public:
  using element_type = T;
  using value_type = std::remove_const_t<T>;
  using space = S;
  static constexpr std::size_t rank = R;

  constexpr view() = default;
  /// Dense row-major data.
  FLOWKIT_HD constexpr view(T* data, const extents<R>& shape)
      : data_(data), shape_(shape), strides_(dense_strides(shape)) {}
  FLOWKIT_HD constexpr view(T* data, const extents<R>& shape, const extents<R>& strides)
      : data_(data), shape_(shape), strides_(strides) {}
  template <class U>
    requires(std::is_const_v<T>&& std::same_as<U, value_type>)
  FLOWKIT_HD constexpr view(const view<U, R, S>& other)  // NOLINT(google-explicit-constructor)
      : data_(other.data()), shape_(other.shape()), strides_(other.strides()) {}

  [[nodiscard]] FLOWKIT_HD constexpr T* data() const { return data_; }
  [[nodiscard]] FLOWKIT_HD constexpr const extents<R>& shape() const { return shape_; }
  [[nodiscard]] FLOWKIT_HD constexpr const extents<R>& strides() const { return strides_; }
  [[nodiscard]] FLOWKIT_HD constexpr index_t size() const { return size_of(shape_); }
  [[nodiscard]] FLOWKIT_HD constexpr bool empty() const { return size() == 0; }

  /// Whether the elements lie one after the other without gaps or repetition, as no elements do.
  [[nodiscard]] FLOWKIT_HD constexpr bool dense() const {
    for (std::size_t axis = 0; axis < R; ++axis) {
      if (shape_[axis] == 0) return true;
    }
    index_t step = 1;
    for (std::size_t axis = R; axis-- > 0;) {
      if (shape_[axis] != 1 && strides_[axis] != step) return false;
      step *= shape_[axis];
    }
    return true;
  }

  /// The element at an index. Host memory only.
  template <std::integral... I>
    requires(sizeof...(I) == R && std::same_as<S, host_space>)
  constexpr T& operator()(I... index) const {
    index_t offset = 0;
    std::size_t axis = 0;
    ((offset += static_cast<index_t>(index) * strides_[axis++]), ...);
    return data_[offset];
  }

 private:
  T* data_ = nullptr;
  extents<R> shape_{};
  extents<R> strides_{};
};

/// Whether the elements of every row lie one after the other. Rows may be strided or repeated.
template <class T, Space S>
[[nodiscard]] constexpr bool contiguous_rows(const view<T, 2, S>& v) {
  return v.shape()[1] <= 1 || v.strides()[1] == 1 || v.shape()[0] == 0;
}

/// Sizes along the leading axes multiplied together: the rows of `as_rows`.
template <class T, std::size_t R, Space S>
  requires(R >= 1)
[[nodiscard]] constexpr index_t row_count(const view<T, R, S>& v) {
  index_t rows = 1;
  for (std::size_t axis = 0; axis + 1 < R; ++axis) rows *= v.shape()[axis];
  return rows;
}

/// The same dense data under another shape of equal size.
template <std::size_t Q, class T, std::size_t R, Space S>
[[nodiscard]] constexpr view<T, Q, S> reshape(const view<T, R, S>& v, const extents<Q>& shape) {
  FLOWKIT_EXPECT(v.dense() && v.size() == size_of(shape));
  return {v.data(), shape};
}

/// All elements of dense data as one axis.
template <class T, std::size_t R, Space S>
[[nodiscard]] constexpr view<T, 1, S> flatten(const view<T, R, S>& v) {
  return reshape(v, extents<1>{v.size()});
}

/// Dense data as a matrix: all leading axes together, then the last axis.
template <class T, std::size_t R, Space S>
  requires(R >= 1)
[[nodiscard]] constexpr view<T, 2, S> as_rows(const view<T, R, S>& v) {
  return reshape(v, extents<2>{row_count(v), v.shape()[R - 1]});
}

namespace detail {

/// data + offset, and null for null: a view without elements may have no memory.
template <class T>
constexpr T* advance(T* data, index_t offset) {
  return data == nullptr ? nullptr : data + offset;
}

}  // namespace detail

/// Elements first .. first + count - 1 of the outermost axis.
template <class T, std::size_t R, Space S>
  requires(R >= 1)
[[nodiscard]] constexpr view<T, R, S> rows(const view<T, R, S>& v, index_t first, index_t count) {
  FLOWKIT_EXPECT(first >= 0 && count >= 0 && first + count <= v.shape()[0]);
  extents<R> shape = v.shape();
  shape[0] = count;
  return {detail::advance(v.data(), first * v.strides()[0]), shape, v.strides()};
}

/// Elements first .. first + count - 1 of the innermost axis; not dense in general.
template <class T, std::size_t R, Space S>
  requires(R >= 1)
[[nodiscard]] constexpr view<T, R, S> columns(const view<T, R, S>& v, index_t first,
                                              index_t count) {
  FLOWKIT_EXPECT(first >= 0 && count >= 0 && first + count <= v.shape()[R - 1]);
  extents<R> shape = v.shape();
  shape[R - 1] = count;
  return {detail::advance(v.data(), first * v.strides()[R - 1]), shape, v.strides()};
}

/// A vector [c] repeated as every row of [n, c].
template <class T, Space S>
[[nodiscard]] constexpr view<T, 2, S> repeat_rows(const view<T, 1, S>& v, index_t n) {
  return {v.data(), extents<2>{n, v.shape()[0]}, extents<2>{0, v.strides()[0]}};
}

/// A vector [n] repeated as every column of [n, c].
template <class T, Space S>
[[nodiscard]] constexpr view<T, 2, S> repeat_columns(const view<T, 1, S>& v, index_t c) {
  return {v.data(), extents<2>{v.shape()[0], c}, extents<2>{v.strides()[0], 0}};
}

/// A matrix [n, c] repeated along a new middle axis: [n, count, c].
template <class T, Space S>
[[nodiscard]] constexpr view<T, 3, S> repeat_middle(const view<T, 2, S>& v, index_t count) {
  return {v.data(), extents<3>{v.shape()[0], count, v.shape()[1]},
          extents<3>{v.strides()[0], 0, v.strides()[1]}};
}

/// A scalar repeated over any shape.
template <std::size_t R, class T, Space S>
[[nodiscard]] constexpr view<T, R, S> repeat_scalar(const view<T, 0, S>& v,
                                                    const extents<R>& shape) {
  return {v.data(), shape, extents<R>{}};
}

}  // namespace flowkit
