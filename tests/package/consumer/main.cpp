// A user's first program: it compiles and links against flowkit, found either way.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>

#include <cmath>
#include <cstdio>

namespace fk = flowkit;

int main() {
  fk::eigen<double> be;
  const auto decay = fk::analytic_field<1>([](auto, auto p) { return fk::point{-p[0]}; });
  auto start = fk::draw_normal(be, {100, 1}, {1});
  auto end = fk::draw_normal(be, {100, 1}, {1});
  fk::workspace ws(be);
  fk::integrate(be, fk::rk4{}, decay, end.view(), fk::uniform_grid(0, 1, 100), ws);

  double error = 0;
  for (fk::index_t i = 0; i < 100; ++i) {
    error = std::fmax(error, std::fabs(end.view()(i, 0) - std::exp(-1.0) * start.view()(i, 0)));
  }
  std::printf("error %g\n", error);
  return error < 1e-9 ? 0 : 1;
}
