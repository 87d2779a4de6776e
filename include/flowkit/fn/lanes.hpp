// Several numbers computed side by side, which the compiler turns into vector instructions.
#pragma once

#include <flowkit/fn/math.hpp>

#include <type_traits>

// A namespace of their own, as for dual numbers: functions in fn would hide functors of their
// names.
namespace flowkit::fn::lane_numbers {

/// W truth values, of comparisons between lanes.
template <std::size_t W>
struct lane_mask {
  bool lane[W];
};

/// W numbers. Arithmetic, comparisons and elementary functions act on each; scalars convert to W
/// equal numbers. Host code only: loops of constant length are all that the compiler needs.
template <std::floating_point T, std::size_t W>
struct lanes {
  using value_type = T;

  T lane[W];

  lanes() = default;
  template <class A>
    requires std::is_arithmetic_v<A>
  constexpr lanes(A v) {  // NOLINT(google-explicit-constructor)
    for (T& x : lane) x = static_cast<T>(v);
  }

  friend constexpr lanes operator-(lanes a) {
    for (T& x : a.lane) x = -x;
    return a;
  }
  friend constexpr lanes operator+(lanes a, const lanes& b) {
    for (std::size_t i = 0; i < W; ++i) a.lane[i] += b.lane[i];
    return a;
  }
  friend constexpr lanes operator-(lanes a, const lanes& b) {
    for (std::size_t i = 0; i < W; ++i) a.lane[i] -= b.lane[i];
    return a;
  }
  friend constexpr lanes operator*(lanes a, const lanes& b) {
    for (std::size_t i = 0; i < W; ++i) a.lane[i] *= b.lane[i];
    return a;
  }
  friend constexpr lanes operator/(lanes a, const lanes& b) {
    for (std::size_t i = 0; i < W; ++i) a.lane[i] /= b.lane[i];
    return a;
  }
  friend constexpr lane_mask<W> operator<(const lanes& a, const lanes& b) {
    lane_mask<W> m{};
    for (std::size_t i = 0; i < W; ++i) m.lane[i] = a.lane[i] < b.lane[i];
    return m;
  }
  friend constexpr lane_mask<W> operator>(const lanes& a, const lanes& b) { return b < a; }
};

template <class T, std::size_t W>
constexpr lanes<T, W> select(const lane_mask<W>& condition, lanes<T, W> a, const lanes<T, W>& b) {
  for (std::size_t i = 0; i < W; ++i) a.lane[i] = condition.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}

namespace detail {
template <class T, std::size_t W, class F>
lanes<T, W> each_lane(lanes<T, W> x, const F& f) {
  for (T& v : x.lane) v = f(v);
  return x;
}
}  // namespace detail

template <class T, std::size_t W>
lanes<T, W> exp(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::exp(v); });
}
template <class T, std::size_t W>
lanes<T, W> log(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::log(v); });
}
template <class T, std::size_t W>
lanes<T, W> sin(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::sin(v); });
}
template <class T, std::size_t W>
lanes<T, W> cos(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::cos(v); });
}
template <class T, std::size_t W>
lanes<T, W> tanh(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::tanh(v); });
}
template <class T, std::size_t W>
lanes<T, W> sqrt(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::sqrt(v); });
}
template <class T, std::size_t W>
lanes<T, W> abs(const lanes<T, W>& x) {
  return detail::each_lane(x, [](T v) { return std::abs(v); });
}

template <class T, std::size_t W>
lanes<T, W> max(lanes<T, W> a, const lanes<T, W>& b) {
  for (std::size_t i = 0; i < W; ++i) a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}

}  // namespace flowkit::fn::lane_numbers

namespace flowkit::fn {
using lane_numbers::lane_mask;
using lane_numbers::lanes;
}  // namespace flowkit::fn
