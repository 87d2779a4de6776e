// Schedules of affine probability paths, and the passes that sample and convert along them.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

/// Coefficients of x_t = alpha x1 + sigma x0 at one time, and their derivatives with respect to it.
template <class V>
struct path_coefficients {
  V alpha;
  V sigma;
  V d_alpha;
  V d_sigma;
};

/// alpha = t, sigma = 1 - t: straight lines (Liu et al. 2022; Lipman et al. 2022).
struct linear_coefficients {
  using kernel = void;
  template <class V>
  FLOWKIT_HD path_coefficients<V> operator()(V t) const {
    const V one = constant<V>(1);
    return {t, one - t, one, -one};
  }
};

/// alpha = sin(pi t / 2), sigma = cos(pi t / 2): alpha^2 + sigma^2 = 1 (Albergo et al. 2023).
struct cosine_coefficients {
  using kernel = void;
  template <class V>
  FLOWKIT_HD path_coefficients<V> operator()(V t) const {
    using std::cos;
    using std::sin;
    const V rate = constant<V>(1.57079632679489661923);
    const V a = sin(rate * t);
    const V s = cos(rate * t);
    return {a, s, rate * s, -rate * a};
  }
};

/// alpha = exp(-s^2 (b1 - b0) / 4 - s b0 / 2) with s = 1 - t, sigma = sqrt(1 - alpha^2) (Song et
/// al. 2021, variance preserving). d_sigma has a pole at t = 1; sigma is held at 1e-3 in it.
template <class S>
struct variance_preserving_coefficients {
  using kernel = void;
  S rate_at_data;   ///< b0
  S rate_at_noise;  ///< b1
  template <class V>
  FLOWKIT_HD path_coefficients<V> operator()(V t) const {
    using fn::select;
    using std::exp;
    using std::expm1;
    using std::sqrt;
    const V s = constant<V>(1) - t;
    const V slope = V(rate_at_noise) - V(rate_at_data);
    const V half = constant<V>(0.5);
    const V exponent = -half * s * (half * slope * s + V(rate_at_data));
    const V a = exp(exponent);
    const V sigma = sqrt(-expm1(constant<V>(2) * exponent));
    const V d_alpha = half * a * (slope * s + V(rate_at_data));
    const V least = constant<V>(1e-3);
    return {a, sigma, d_alpha, -a * d_alpha / select(sigma > least, sigma, least)};
  }
};

/// Coefficients that every backend library instantiates; others run where they are written.
template <class C>
concept KernelCoefficients = requires {
  typename C::kernel;
};

namespace detail {
template <class C, std::size_t Outputs, std::size_t Inputs>
struct path_pass {};
template <KernelCoefficients C, std::size_t Outputs, std::size_t Inputs>
struct path_pass<C, Outputs, Inputs> {
  static constexpr kernel_arity arity{Outputs, Inputs};
};
}  // namespace detail

/// x_t = alpha x1 + sigma x0 and u_t = d x_t / dt. Outputs x_t, u_t; arguments t, x0, x1.
template <class C>
struct path_sample : detail::path_pass<C, 2, 3> {
  C coefficients;
  constexpr explicit path_sample(C c) : coefficients(c) {}
  template <class V>
  FLOWKIT_HD void operator()(V& xt, V& ut, V t, V x0, V x1) const {
    const path_coefficients<V> c = coefficients(t);
    xt = c.alpha * x1 + c.sigma * x0;
    ut = c.d_alpha * x1 + c.d_sigma * x0;
  }
};

/// What a network predicts at x_t: the velocity, the data end x1, or the noise end x0.
enum class prediction { velocity, data, noise };

/// One prediction as another one of the same pair. Output; arguments t, x_t, prediction.
/// Velocity and x_t together determine both ends at every time. One end and x_t determine the
/// other end through a division by alpha (which is 0 at t = 0) or sigma (0 at t = 1): divisors
/// below `least` are held there, so the result is finite but wrong in that neighbourhood.
template <class C, class S>
struct path_convert : detail::path_pass<C, 1, 3> {
  C coefficients;
  prediction from;
  prediction to;
  S least;
  constexpr path_convert(C c, prediction given, prediction wanted, S least_divisor)
      : coefficients(c), from(given), to(wanted), least(least_divisor) {}

  template <class V>
  FLOWKIT_HD void operator()(V& out, V t, V xt, V value) const {
    const path_coefficients<V> c = coefficients(t);
    V x1 = value;
    V x0 = value;
    if (from == prediction::velocity) {
      const V determinant = c.alpha * c.d_sigma - c.d_alpha * c.sigma;
      x1 = (c.d_sigma * xt - c.sigma * value) / determinant;
      x0 = (c.alpha * value - c.d_alpha * xt) / determinant;
    } else if (from == prediction::data) {
      x0 = (xt - c.alpha * x1) / at_least(c.sigma);
    } else {
      x1 = (xt - c.sigma * x0) / at_least(c.alpha);
    }
    if (to == prediction::velocity) {
      out = from == to ? value : c.d_alpha * x1 + c.d_sigma * x0;
    } else {
      out = to == prediction::data ? x1 : x0;
    }
  }

 private:
  template <class V>
  FLOWKIT_HD V at_least(V divisor) const {
    using fn::select;
    return select(divisor > V(least), divisor, V(least));
  }
};

}  // namespace flowkit::fn
