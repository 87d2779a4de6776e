// Activation functions: value and slope of one variable.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

/// A differentiable function of one variable: `value(x)` and `slope(x)`.
/// Law: the slope is the derivative of the value (relu: 0 at 0).
template <class F, class T>
concept Pointwise = requires(T x) {
  { F::value(x) } -> std::same_as<T>;
  { F::slope(x) } -> std::same_as<T>;
};

namespace detail {

/// 1 / (1 + exp(-x)); exp overflows to infinity on the far negative side, which gives 0.
template <class V>
FLOWKIT_HD V logistic(V x) {
  using std::exp;
  return constant<V>(1) / (constant<V>(1) + exp(-x));
}

}  // namespace detail

/// max(x, 0); slope 0 at 0.
struct relu {
  template <class V>
  FLOWKIT_HD static V value(V x) {
    using fn::select;
    return select(x > constant<V>(0), x, constant<V>(0));
  }
  template <class V>
  FLOWKIT_HD static V slope(V x) {
    using fn::select;
    return select(x > constant<V>(0), constant<V>(1), constant<V>(0));
  }
};

/// Hyperbolic tangent.
struct tanh {
  template <class V>
  FLOWKIT_HD static V value(V x) {
    using std::tanh;
    return tanh(x);
  }
  template <class V>
  FLOWKIT_HD static V slope(V x) {
    using std::tanh;
    const V y = tanh(x);
    return constant<V>(1) - y * y;
  }
};

/// x sigmoid(x) (Hendrycks and Gimpel 2016; Elfwing et al. 2018).
struct silu {
  template <class V>
  FLOWKIT_HD static V value(V x) {
    return x * detail::logistic(x);
  }
  template <class V>
  FLOWKIT_HD static V slope(V x) {
    const V s = detail::logistic(x);
    return s + x * s * (constant<V>(1) - s);
  }
};

/// x t with t = tanh(softplus(x)) (Misra 2019), by one exponential: with e = exp(x) and n = e (e +
/// 2), t is n / (n + 2) and its slope 4 e (e + 1) / (n + 2)^2. Above 20 they are 1 and 0 in double,
/// and e is held there so that n^2 stays finite in float.
struct mish {
  template <class V>
  FLOWKIT_HD static V value(V x) {
    using fn::select;
    const V e = held_exp(x);
    const V n = e * (e + constant<V>(2));
    return select(x > limit<V>(), x, x * (n / (n + constant<V>(2))));
  }
  template <class V>
  FLOWKIT_HD static V slope(V x) {
    using fn::select;
    const V e = held_exp(x);
    const V n = e * (e + constant<V>(2));
    const V inverse = constant<V>(1) / (n + constant<V>(2));
    const V steepness = constant<V>(4) * e * (e + constant<V>(1)) * inverse * inverse;
    return select(x > limit<V>(), constant<V>(1), n * inverse + x * steepness);
  }

 private:
  template <class V>
  FLOWKIT_HD static V limit() {
    return constant<V>(20);
  }
  template <class V>
  FLOWKIT_HD static V held_exp(V x) {
    using fn::select;
    using std::exp;
    return exp(select(x < limit<V>(), x, limit<V>()));
  }
};

/// x Phi(x) with the exact Gaussian distribution function (Hendrycks and Gimpel 2016).
struct gelu {
  template <class V>
  FLOWKIT_HD static V value(V x) {
    return x * distribution(x);
  }
  template <class V>
  FLOWKIT_HD static V slope(V x) {
    using std::exp;
    const V density = constant<V>(0.398942280401432677939946) * exp(constant<V>(-0.5) * x * x);
    return distribution(x) + x * density;
  }

 private:
  template <class V>
  FLOWKIT_HD static V distribution(V x) {
    using std::erf;
    return constant<V>(0.5) * (constant<V>(1) + erf(x * constant<V>(0.707106781186547524400844)));
  }
};

/// y = F(x)
template <class F>
struct pointwise_value {
  static constexpr kernel_arity arity{1, 1};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = F::value(x);
  }
};

/// y = F'(x) v: both the tangent and the gradient of an activation.
template <class F>
struct pointwise_product {
  static constexpr kernel_arity arity{1, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x, V v) const {
    y = F::slope(x) * v;
  }
};

}  // namespace flowkit::fn
