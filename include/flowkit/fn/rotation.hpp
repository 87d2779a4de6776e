// Functors of sinusoidal embeddings: sine and cosine of an angle, and their derivatives.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

/// s = sin(t f), c = cos(t f)
struct sine_cosine {
  static constexpr kernel_arity arity{2, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& s, V& c, V t, V f) const {
    using std::cos;
    using std::sin;
    const V angle = t * f;
    s = sin(angle);
    c = cos(angle);
  }
};

/// Tangents of (s, c) = (sin(t f), cos(t f)) when t changes by dt, from the values themselves:
/// ds = c f dt, dc = -s f dt.
struct sine_cosine_tangent {
  static constexpr kernel_arity arity{2, 4};
  template <class V>
  FLOWKIT_HD void operator()(V& ds, V& dc, V s, V c, V f, V dt) const {
    const V angle = f * dt;
    ds = c * angle;
    dc = constant<V>(0) - s * angle;
  }
};

/// One term of the gradient of t: f (gs c - gc s), where gs and gc are the gradients of s and c.
struct sine_cosine_gradient {
  static constexpr kernel_arity arity{0, 5};
  template <class V>
  FLOWKIT_HD V operator()(V gs, V gc, V s, V c, V f) const {
    return f * (gs * c - gc * s);
  }
};

}  // namespace flowkit::fn
