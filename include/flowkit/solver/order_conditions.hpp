// The algebra that decides the order of a Runge-Kutta method, evaluated by the compiler.
#pragma once

#include <cstddef>

namespace flowkit::detail {

/// Residuals of the order conditions (Hairer, Norsett, Wanner, Solving Ordinary Differential
/// Equations I, II.2): one condition sum_i b_i Phi_i = 1 / gamma per rooted tree, 17 up to order 5.
template <std::size_t S>
class order_conditions {
 public:
  using row = double[S];

  constexpr order_conditions(const double (&a)[S][S], const row& b, const row& c)
      : a_(a), b_(b), c_(c) {}

  /// Whether all conditions up to this order (at most 5) hold within rounding.
  [[nodiscard]] constexpr bool hold(int order) const {
    bool ok = close(sum(one()), 1.0);
    if (order >= 2) ok = ok && close(sum(power(1)), 1.0 / 2);
    if (order >= 3) ok = ok && third();
    if (order >= 4) ok = ok && fourth();
    if (order >= 5) ok = ok && fifth();
    return ok;
  }

  /// Whether row i of a sums to c_i.
  [[nodiscard]] constexpr bool rows_consistent() const {
    const vector total = next(one());
    for (std::size_t i = 0; i < S; ++i) {
      if (!close(total.v[i], c_[i])) return false;
    }
    return true;
  }

  static constexpr bool close(double x, double y) {
    const double tolerance = 1e-13;
    return x - y < tolerance && y - x < tolerance;
  }

 private:
  struct vector {
    double v[S];
    friend constexpr vector operator*(vector x, const vector& y) {
      for (std::size_t i = 0; i < S; ++i) x.v[i] *= y.v[i];
      return x;
    }
  };

  static constexpr vector one() {
    vector x{};
    for (double& v : x.v) v = 1;
    return x;
  }
  [[nodiscard]] constexpr vector power(int exponent) const {
    vector x = one();
    for (; exponent > 0; --exponent) {
      for (std::size_t i = 0; i < S; ++i) x.v[i] *= c_[i];
    }
    return x;
  }
  /// a x
  [[nodiscard]] constexpr vector next(const vector& x) const {
    vector y{};
    for (std::size_t i = 0; i < S; ++i) {
      for (std::size_t j = 0; j < S; ++j) y.v[i] += a_[i][j] * x.v[j];
    }
    return y;
  }
  /// b x
  [[nodiscard]] constexpr double sum(const vector& x) const {
    double total = 0;
    for (std::size_t i = 0; i < S; ++i) total += b_[i] * x.v[i];
    return total;
  }

  [[nodiscard]] constexpr bool third() const {
    return close(sum(power(2)), 1.0 / 3) && close(sum(next(power(1))), 1.0 / 6);
  }
  [[nodiscard]] constexpr bool fourth() const {
    const vector c = power(1);
    const vector ac = next(c);
    return close(sum(power(3)), 1.0 / 4) && close(sum(c * ac), 1.0 / 8) &&
           close(sum(next(power(2))), 1.0 / 12) && close(sum(next(ac)), 1.0 / 24);
  }
  [[nodiscard]] constexpr bool fifth() const {
    const vector c = power(1);
    const vector ac = next(c);
    const vector ac2 = next(power(2));
    const vector aac = next(ac);
    return close(sum(power(4)), 1.0 / 5) && close(sum(power(2) * ac), 1.0 / 10) &&
           close(sum(ac * ac), 1.0 / 20) && close(sum(c * ac2), 1.0 / 15) &&
           close(sum(next(power(3))), 1.0 / 20) && close(sum(c * aac), 1.0 / 30) &&
           close(sum(next(c * ac)), 1.0 / 40) && close(sum(next(ac2)), 1.0 / 60) &&
           close(sum(next(aac)), 1.0 / 120);
  }

  const double (&a_)[S][S];
  const row& b_;
  const row& c_;
};

}  // namespace flowkit::detail
