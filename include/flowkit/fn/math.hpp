// Elementary functions for scalars and for packets of scalars alike.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cmath>
#include <concepts>

// A kernel functor is written once, `using std::exp; ... exp(x)`, and runs on float, double, on the
// vector types of the host backends and on dual numbers, each found by argument-dependent lookup.
namespace flowkit::fn {

/// The value of a where the condition holds, of b elsewhere, without a branch.
template <std::floating_point T>
FLOWKIT_HD constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}

namespace detail {
template <class T>
struct scalar {
  using type = typename T::value_type;
};
template <std::floating_point T>
struct scalar<T> {
  using type = T;
};
}  // namespace detail

/// The scalar below a packet or dual number; T itself for a scalar.
template <class T>
using scalar_of = typename detail::scalar<T>::type;

/// A literal in the type of the elements, rounded once.
template <class T>
FLOWKIT_HD constexpr T constant(double literal) {
  return T(static_cast<scalar_of<T>>(literal));
}

/// How many mutable elements a kernel functor takes (first, by reference) and how many by value.
struct kernel_arity {
  std::size_t outputs;
  std::size_t inputs;
};

/// A functor of this library that every backend library instantiates; listed in fn/kernels.hpp.
template <class F>
concept KernelFunctor = requires {
  { F::arity } -> std::convertible_to<kernel_arity>;
};

}  // namespace flowkit::fn
