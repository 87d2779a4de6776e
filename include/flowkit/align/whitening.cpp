#include <flowkit/align/whitening.hpp>
#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowkit {
namespace {

/// A square matrix with row and column access.
struct square_matrix {
  std::vector<double>& data;
  std::size_t n;
  double& operator()(std::size_t i, std::size_t j) const { return data[i * n + j]; }
};

/// Cosine and sine of the rotation that makes element (p, q) of a symmetric matrix zero.
struct rotation {
  double c;
  double s;
};

rotation zeroing(double pp, double qq, double pq) {
  const double theta = (qq - pp) / (2 * pq);
  const double sign = theta >= 0 ? 1.0 : -1.0;
  const double t = sign / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1);
  return {c, t * c};
}

void rotate(const square_matrix& a, const square_matrix& v, std::size_t p, std::size_t q) {
  const rotation r = zeroing(a(p, p), a(q, q), a(p, q));
  const auto mix = [&r](double& x, double& y) {
    const double kept = r.c * x - r.s * y;
    y = r.s * x + r.c * y;
    x = kept;
  };
  for (std::size_t k = 0; k < a.n; ++k) mix(a(k, p), a(k, q));
  for (std::size_t k = 0; k < a.n; ++k) mix(a(p, k), a(q, k));
  for (std::size_t k = 0; k < a.n; ++k) mix(v(k, p), v(k, q));
}

double off_diagonal(const square_matrix& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.n; ++i) {
    for (std::size_t j = 0; j < i; ++j) sum += a(i, j) * a(i, j);
  }
  return sum;
}

symmetric_eigen sorted(const square_matrix& a, const square_matrix& v) {
  std::vector<std::size_t> order(a.n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a(i, i) > a(j, j); });
  symmetric_eigen out{std::vector<double>(a.n), std::vector<double>(a.n * a.n)};
  for (std::size_t k = 0; k < a.n; ++k) {
    out.values[k] = a(order[k], order[k]);
    for (std::size_t i = 0; i < a.n; ++i) out.vectors[i * a.n + k] = v(i, order[k]);
  }
  return out;
}

/// 1 / deviation, and 0 for features that do not vary beyond rounding.
std::vector<double> inverse_deviations(std::span<const double> covariance, std::size_t n) {
  std::vector<double> inverse(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double variance = covariance[i * n + i];
    inverse[i] = variance > 0 ? 1 / std::sqrt(variance) : 0;
  }
  return inverse;
}

/// Directions that explain the asked share of the total variance.
std::size_t kept_directions(const std::vector<double>& values, double explained) {
  const double total = std::accumulate(values.begin(), values.end(), 0.0);
  double sum = 0;
  std::size_t kept = 0;
  while (kept < values.size() && values[kept] > 0 && sum < explained * total) sum += values[kept++];
  return kept;
}

}  // namespace

symmetric_eigen eigen_decomposition(std::vector<double> matrix, index_t n) {
  FLOWKIT_EXPECT(static_cast<index_t>(matrix.size()) == n * n);
  const auto size = static_cast<std::size_t>(n);
  std::vector<double> identity(size * size, 0.0);
  for (std::size_t i = 0; i < size; ++i) identity[i * size + i] = 1;
  const square_matrix a{matrix, size};
  const square_matrix v{identity, size};
  constexpr int sweeps = 60;  // convergence is quadratic; about ten are needed
  const double rounding = 1e-30 * (off_diagonal(a) + 1e-300);
  for (int sweep = 0; sweep < sweeps && off_diagonal(a) > rounding; ++sweep) {
    for (std::size_t p = 0; p + 1 < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        if (a(p, q) != 0) rotate(a, v, p, q);
      }
    }
  }
  return sorted(a, v);
}

whitening whiten(std::span<const double> covariance, index_t features,
                 const whitening_options& options) {
  FLOWKIT_VALIDATE(options.shrinkage >= 0 && options.shrinkage <= 1 && options.explained > 0 &&
                       options.explained <= 1,
                   "whitening with shrinkage ", options.shrinkage, " and explained share ",
                   options.explained, ": both are shares, the second above 0");
  const auto n = static_cast<std::size_t>(features);
  FLOWKIT_EXPECT(covariance.size() == n * n);
  const std::vector<double> inverse = inverse_deviations(covariance, n);
  std::vector<double> correlation(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double keep = i == j ? 1.0 : 1.0 - options.shrinkage;
      correlation[i * n + j] = keep * covariance[i * n + j] * inverse[i] * inverse[j];
    }
  }
  const symmetric_eigen e = eigen_decomposition(std::move(correlation), features);
  const std::size_t kept = kept_directions(e.values, options.explained);
  whitening w{features, static_cast<index_t>(kept), std::vector<double>(n * kept)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < kept; ++k) {
      w.projection[i * kept + k] = inverse[i] * e.vectors[i * n + k] / std::sqrt(e.values[k]);
    }
  }
  return w;
}

}  // namespace flowkit
