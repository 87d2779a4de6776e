// What becomes of a normalised value before it is stored, and the way back.
#pragma once

#include <flowkit/core/platform.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace flowkit::fn {

/// N values side by side.
template <class V, std::size_t N>
struct several {
  V value[N];
};

/// y = f(h, others...) of a normalised value h, in the pass that normalises. Members over a type V:
///   others                      how many further operands f has
///   gradients                   how many of those, first, hold one number per sample and channel
///   value(h, others...)         y
///   pull(g, h, others...)       for g, the gradient of y: that of h, then those of `gradients`
/// Law: `pull` is g times the derivatives of `value`. Other operands are added to y, so that their
/// gradient is g.
template <class F>
concept Epilogue = std::is_empty_v<F> && F::gradients <= F::others&& requires {
  { F::others } -> std::convertible_to<std::size_t>;
};

/// y = h
struct unchanged {
  static constexpr std::size_t others = 0;
  static constexpr std::size_t gradients = 0;
  template <class V>
  FLOWKIT_HD static V value(V h) {
    return h;
  }
  template <class V>
  FLOWKIT_HD static several<V, 1> pull(V g, V) {
    return {{g}};
  }
};

/// y = F(h) for an activation F
template <class F>
struct activated {
  static constexpr std::size_t others = 0;
  static constexpr std::size_t gradients = 0;
  template <class V>
  FLOWKIT_HD static V value(V h) {
    return F::value(h);
  }
  template <class V>
  FLOWKIT_HD static several<V, 1> pull(V g, V h) {
    return {{g * F::slope(h)}};
  }
};

/// y = F(h) + r: a residual connection around what leads to h.
template <class F>
struct activated_sum {
  static constexpr std::size_t others = 1;
  static constexpr std::size_t gradients = 0;
  template <class V>
  FLOWKIT_HD static V value(V h, V r) {
    return F::value(h) + r;
  }
  template <class V>
  FLOWKIT_HD static several<V, 1> pull(V g, V h, V) {
    return {{g * F::slope(h)}};
  }
};

/// y = a F(h) + b with one a and b per sample and channel: feature-wise modulation (Perez et al.
/// 2018).
template <class F>
struct activated_film {
  static constexpr std::size_t others = 2;
  static constexpr std::size_t gradients = 2;
  template <class V>
  FLOWKIT_HD static V value(V h, V a, V b) {
    return F::value(h) * a + b;
  }
  template <class V>
  FLOWKIT_HD static several<V, 3> pull(V g, V h, V a, V) {
    return {{g * a * F::slope(h), g * F::value(h), g}};
  }
};

}  // namespace flowkit::fn
