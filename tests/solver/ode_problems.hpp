// Equations that the solver tests share, and the reference solutions of the golden data.
#pragma once

#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/concepts.hpp>
#include <flowkit/io/npz.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace flowkit::testing {

/// The least a velocity field can be: neither copied nor default constructed, one operation.
class archetype_field {
 public:
  explicit archetype_field(int) {}
  archetype_field(const archetype_field&) = delete;
  archetype_field& operator=(const archetype_field&) = delete;

  /// dx = -x
  template <class B>
  void operator()(B& be, const_view_of<B, 1>, const_view_of<B, 2> x, view_of<B, 2> dx) {
    be.for_each([](auto& v, auto y) { v = -y; }, dx, x);
  }
};

/// x' = x (1 - x) (1 + sin t): nonlinear, depends on time, solution known.
inline auto driven_logistic() {
  return analytic_field<1>([](auto t, auto p) {
    using std::sin;
    return point{p[0] * (1 - p[0]) * (1 + sin(t))};
  });
}
inline double driven_logistic_solution(double x0, double t0, double t) {
  const double logit = std::log(x0 / (1 - x0)) + (t - std::cos(t)) - (t0 - std::cos(t0));
  return 1 / (1 + std::exp(-logit));
}

/// x0' = x0 cos t, x1' = -x1^2 cos t, solutions known.
inline auto growth_and_decay() {
  return analytic_field<2>([](auto t, auto p) {
    using std::cos;
    return point{p[0] * cos(t), -p[1] * p[1] * cos(t)};
  });
}
inline point<2, double> growth_and_decay_solution(point<2, double> x0, double t) {
  return {x0[0] * std::exp(std::sin(t)), 1 / (1 / x0[1] + std::sin(t))};
}

/// The arrays of ode.npz.
class golden_ode {
 public:
  golden_ode() : arrays_(read_npz(golden("ode.npz"))) {}

  [[nodiscard]] std::vector<double> operator[](const std::string& name) const {
    return arrays_.at(name).converted<double>();
  }
  [[nodiscard]] std::vector<index_t> counts(const std::string& name) const {
    return arrays_.at(name).converted<index_t>();
  }

  /// y' = A y
  [[nodiscard]] auto linear() const {
    const auto a = (*this)["linear_A"];
    return analytic_field<2>([a](auto, const auto& y) {
      return point{a[0] * y[0] + a[1] * y[1], a[2] * y[0] + a[3] * y[1]};
    });
  }

  /// p' = (-p_y, p_x) (1 + k1 sin(2 pi t)) / (k0 + |p|^2) - k2 p
  [[nodiscard]] auto swirl() const {
    const auto k = (*this)["swirl_k"];
    return analytic_field<2>([k](auto t, const auto& p) {
      using std::sin;
      const auto rate =
          (1 + k[1] * sin(2 * 3.14159265358979323846 * t)) / (k[0] + p[0] * p[0] + p[1] * p[1]);
      return point{-p[1] * rate - k[2] * p[0], p[0] * rate - k[2] * p[1]};
    });
  }

  /// y0' = -lambda (y0 - cos 5t), y1' = y2, y2' = -25 y1 - y2 / 2 + y0
  [[nodiscard]] auto stiff() const {
    const double lambda = (*this)["stiff_lambda"][0];
    return analytic_field<3>([lambda](auto t, const auto& y) {
      using std::cos;
      return point{-lambda * (y[0] - cos(5 * t)), y[2], -25 * y[1] - 0.5 * y[2] + y[0]};
    });
  }

 private:
  std::map<std::string, array> arrays_;
};

/// max |a - b| / max |b|: what the tolerances of the reference data are relative to. 0 for equal
/// vectors; infinite if sizes differ or a number is not finite.
inline double relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a == b) return 0;
  if (a.size() != b.size()) return INFINITY;
  double difference = 0;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(a[i] - b[i]);
    difference = std::isfinite(d) ? std::max(difference, d) : INFINITY;
    largest = std::max(largest, std::abs(b[i]));
  }
  return difference / largest;
}

}  // namespace flowkit::testing
