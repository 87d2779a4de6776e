// A state of fixed dimension, in which a velocity field can be written as a formula.
#pragma once

#include <flowkit/backend/tensor.hpp>

#include <type_traits>

namespace flowkit {

/// D coordinates. T is a scalar, or a dual number while a derivative is taken.
/// `point{-p[1], p[0]}` deduces both.
template <std::size_t D, class T = float>
struct point {
  using value_type = T;
  static constexpr std::size_t dimension = D;

  T coordinate[D];

  FLOWKIT_HD constexpr T& operator[](std::size_t i) { return coordinate[i]; }
  FLOWKIT_HD constexpr const T& operator[](std::size_t i) const { return coordinate[i]; }

  friend FLOWKIT_HD constexpr point operator+(point a, const point& b) {
    for (std::size_t i = 0; i < D; ++i) a[i] = a[i] + b[i];
    return a;
  }
  friend FLOWKIT_HD constexpr point operator-(point a, const point& b) {
    for (std::size_t i = 0; i < D; ++i) a[i] = a[i] - b[i];
    return a;
  }
  friend FLOWKIT_HD constexpr point operator*(const std::type_identity_t<T>& factor, point a) {
    for (std::size_t i = 0; i < D; ++i) a[i] = factor * a[i];
    return a;
  }
  friend constexpr bool operator==(const point&, const point&) = default;
};

template <class... T>
point(T...) -> point<sizeof...(T), std::common_type_t<T...>>;

/// The rows of a dense matrix [n, D] as points [n]. Throws invalid_input for another matrix.
template <std::size_t D, class T, Space S>
[[nodiscard]] auto as_points(const view<T, 2, S>& x) {
  using P = point<D, std::remove_const_t<T>>;
  static_assert(sizeof(P) == D * sizeof(T) && std::is_trivially_copyable_v<P>);
  using element = std::conditional_t<std::is_const_v<T>, const P, P>;
  FLOWKIT_VALIDATE(x.shape()[1] == static_cast<index_t>(D), "a matrix of shape ", x.shape(),
                   " has no rows of ", D, " coordinates: pass a matrix [n, ", D, "]");
  detail::validate_dense("a matrix of points", x);
  return view<element, 1, S>{reinterpret_cast<element*>(x.data()), extents<1>{x.shape()[0]}};
}

}  // namespace flowkit
