// Numbers that carry a derivative: forward differentiation of callables written for scalars.
#pragma once

#include <flowkit/fn/math.hpp>

#include <type_traits>

// A namespace of their own: functors of fn/ have the names of some of these functions, and a
// function beside them would hide them. Argument-dependent lookup finds the functions all the same.
namespace flowkit::fn::dual_numbers {

/// value + slope e with e^2 = 0: arithmetic on it carries the derivative along one direction.
/// Scalars convert to it with slope 0, so that `2 * x` and `(1 - t) * x` read as for scalars.
/// Comparisons look at the value.
template <std::floating_point T>
struct dual {
  using value_type = T;

  T value{};
  T slope{};

  constexpr dual() = default;
  template <class A>
  requires std::is_arithmetic_v<A> FLOWKIT_HD constexpr dual(
      A v)  // NOLINT(google-explicit-constructor)
      : value(static_cast<T>(v)) {}
  FLOWKIT_HD constexpr dual(T v, T s) : value(v), slope(s) {}

  // Hidden friends that are no templates of their own: both operands convert.
  friend FLOWKIT_HD constexpr dual operator-(dual a) { return {-a.value, -a.slope}; }
  friend FLOWKIT_HD constexpr dual operator+(dual a, dual b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  friend FLOWKIT_HD constexpr dual operator-(dual a, dual b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  friend FLOWKIT_HD constexpr dual operator*(dual a, dual b) {
    return {a.value * b.value, a.value * b.slope + a.slope * b.value};
  }
  friend FLOWKIT_HD constexpr dual operator/(dual a, dual b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  FLOWKIT_HD constexpr dual& operator+=(dual b) { return *this = *this + b; }
  FLOWKIT_HD constexpr dual& operator-=(dual b) { return *this = *this - b; }
  FLOWKIT_HD constexpr dual& operator*=(dual b) { return *this = *this * b; }
  FLOWKIT_HD constexpr dual& operator/=(dual b) { return *this = *this / b; }

  friend FLOWKIT_HD constexpr bool operator<(dual a, dual b) { return a.value < b.value; }
  friend FLOWKIT_HD constexpr bool operator>(dual a, dual b) { return a.value > b.value; }
  friend FLOWKIT_HD constexpr bool operator<=(dual a, dual b) { return a.value <= b.value; }
  friend FLOWKIT_HD constexpr bool operator>=(dual a, dual b) { return a.value >= b.value; }
  friend FLOWKIT_HD constexpr bool operator==(dual a, dual b) { return a.value == b.value; }
};

/// The chosen operand with its slope.
template <class T>
FLOWKIT_HD constexpr dual<T> select(bool condition, dual<T> a, dual<T> b) {
  return condition ? a : b;
}

// Elementary functions, found by argument-dependent lookup: f(x) + f'(x) x.slope e.

template <class T>
FLOWKIT_HD dual<T> exp(dual<T> x) {
  const T y = std::exp(x.value);
  return {y, y * x.slope};
}
template <class T>
FLOWKIT_HD dual<T> log(dual<T> x) {
  return {std::log(x.value), x.slope / x.value};
}
template <class T>
FLOWKIT_HD dual<T> sin(dual<T> x) {
  return {std::sin(x.value), std::cos(x.value) * x.slope};
}
template <class T>
FLOWKIT_HD dual<T> cos(dual<T> x) {
  return {std::cos(x.value), -std::sin(x.value) * x.slope};
}
template <class T>
FLOWKIT_HD dual<T> tan(dual<T> x) {
  const T y = std::tan(x.value);
  return {y, (1 + y * y) * x.slope};
}
template <class T>
FLOWKIT_HD dual<T> atan(dual<T> x) {
  return {std::atan(x.value), x.slope / (1 + x.value * x.value)};
}
template <class T>
FLOWKIT_HD dual<T> atan2(dual<T> y, dual<T> x) {
  const T square = x.value * x.value + y.value * y.value;
  return {std::atan2(y.value, x.value), (x.value * y.slope - y.value * x.slope) / square};
}
template <class T>
FLOWKIT_HD dual<T> sqrt(dual<T> x) {
  const T y = std::sqrt(x.value);
  return {y, x.slope / (2 * y)};
}
template <class T>
FLOWKIT_HD dual<T> tanh(dual<T> x) {
  const T y = std::tanh(x.value);
  return {y, (1 - y * y) * x.slope};
}
template <class T>
FLOWKIT_HD dual<T> erf(dual<T> x) {
  constexpr T two_over_root_pi = static_cast<T>(1.128379167095512573896L);
  return {std::erf(x.value), two_over_root_pi * std::exp(-x.value * x.value) * x.slope};
}
/// Slope 0 at 0.
template <class T>
FLOWKIT_HD dual<T> abs(dual<T> x) {
  const T sign = static_cast<T>((x.value > 0) - (x.value < 0));
  return {std::abs(x.value), sign * x.slope};
}
/// A constant exponent, so that negative bases are allowed for whole exponents.
template <class T>
FLOWKIT_HD dual<T> pow(dual<T> x, std::type_identity_t<T> exponent) {
  return {std::pow(x.value, exponent), exponent * std::pow(x.value, exponent - 1) * x.slope};
}

}  // namespace flowkit::fn::dual_numbers

namespace flowkit::fn {
using dual_numbers::dual;
}  // namespace flowkit::fn
