// The likelihood of data under a flow: log p(x) by integrating the divergence backwards, compared
// with the density that is known here, because the flow stretches and shifts a Gaussian.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>

#include <cmath>
#include <iostream>
#include <numbers>

namespace fk = flowkit;
using backend = fk::eigen<double>;

constexpr fk::point<2, double> mean{1.0, -2.0};
constexpr fk::point<2, double> deviation{0.5, 3.0};

/// log N(x; mean, deviation^2).
double exact_log_density(double x, double y) {
  const double a = (x - mean[0]) / deviation[0];
  const double b = (y - mean[1]) / deviation[1];
  return -0.5 * (a * a + b * b) - std::log(2 * std::numbers::pi * deviation[0] * deviation[1]);
}

int main() {
  backend be;
  fk::workspace ws(be);

  // Noise z moves along x(t) = t mean + s(t) z with s(t) = 1 + t (deviation - 1), so
  // dx/dt = mean + (deviation - 1) (x - t mean) / s(t).
  const auto flow = fk::analytic_field<2>([](auto t, auto p) {
    const auto velocity = [&](std::size_t i) {
      const double stretch = deviation[i] - 1;
      return mean[i] + (stretch / (1 + t * stretch)) * (p[i] - t * mean[i]);
    };
    return fk::point{velocity(0), velocity(1)};
  });

  // Data: noise that the flow has carried from t = 0 to t = 1.
  const fk::index_t n = 1000;
  auto x = fk::draw_normal(be, {n, 2}, {1});
  fk::integrate(be, fk::dormand_prince{}, flow, x, {.start = 0, .end = 1},
                {.relative = 1e-9, .absolute = 1e-9});

  // The divergence comes from derivatives of the formula (dual numbers), exactly ...
  fk::tensor<backend, 1> exact(be, {n});
  fk::integration_result result;
  fk::log_likelihood(be, fk::dormand_prince{}, flow, fk::exact_divergence{}, x.view(),
                     {.relative = 1e-9, .absolute = 1e-9}, exact.view(), ws, result);

  // ... or from random directions, without bias: all that a network of many dimensions can afford.
  fk::tensor<backend, 1> estimate(be, {n});
  fk::hutchinson<backend> probes(be, x.shape(), {2}, {.probes = 4, .draw = fk::probe::normal});
  fk::log_likelihood(be, fk::rk4{}, flow, probes, x.view(), fk::uniform_grid(1, 0, 50),
                     estimate.view(), ws);

  double largest = 0;
  double bits = 0;
  double estimated_bits = 0;
  for (fk::index_t i = 0; i < n; ++i) {
    const double expected = exact_log_density(x.view()(i, 0), x.view()(i, 1));
    largest = std::max(largest, std::abs(exact.view()(i) - expected));
    bits -= exact.view()(i) / static_cast<double>(n) / std::numbers::ln2;
    estimated_bits -= estimate.view()(i) / static_cast<double>(n) / std::numbers::ln2;
  }
  std::cout << "all samples reached t = 0: " << std::boolalpha << result.all_reached_end() << '\n'
            << "largest error of log p: " << largest << '\n'
            << "bits per point: " << bits << " exact, " << estimated_bits << " estimated\n";
  return result.all_reached_end() && largest < 1e-6 ? 0 : 1;
}
