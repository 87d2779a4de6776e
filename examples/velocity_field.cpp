// A velocity field of your own: move a cloud of points along it, follow one of them, and let step
// control find out which points cannot be moved to the end. Writes velocity_field.svg.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>
#include <flowkit/host/columns.hpp>
#include <flowkit/host/plot.hpp>

#include <iostream>

namespace fk = flowkit;
using backend = fk::eigen<double>;

int main() {
  backend be;

  // dp/dt as a formula in time and point: the inner points turn faster than the outer ones.
  const auto galaxy = fk::analytic_field<2>([](auto, auto p) {
    const auto speed = 3 / (1 + p[0] * p[0] + p[1] * p[1]);
    return fk::point{-speed * p[1], speed * p[0]};
  });

  // The state is a matrix, one point per row. Any lambda can be a pass over it; this one flattens
  // the cloud to a bar.
  auto cloud = fk::draw_normal(be, {2000, 2}, {2});
  be.for_each([](double& y) { y *= 0.1; }, fk::columns(cloud.view(), 1, 1));
  fk::plot_panel spiral{.title = "moved by rk4", .aspect = fk::plot_aspect::equal};
  spiral.scatter("t = 0", fk::host_column(be, cloud, 0), fk::host_column(be, cloud, 1));

  // An observer is shown the state after every step: here it keeps the path of the first point.
  std::vector<double> x, y;
  const auto follow = [&](backend&, auto /*times*/, fk::const_view_of<backend, 2> points) {
    x.push_back(points(0, 0));
    y.push_back(points(0, 1));
  };
  fk::workspace ws(be);
  fk::integrate(be, fk::rk4{}, galaxy, cloud.view(), fk::uniform_grid(0, 4, 80), ws, follow);
  spiral.scatter("t = 4", fk::host_column(be, cloud, 0), fk::host_column(be, cloud, 1));
  spiral.line("one point", x, y);

  // dx/dt = x^2 reaches infinity at t = 1 / x. With step control every point has its own steps:
  // those that cannot arrive are reported, and the others do, as if they had been alone.
  const auto explosive = fk::analytic_field<1>([](auto, auto p) { return fk::point{p[0] * p[0]}; });
  auto line = fk::draw_normal(be, {1000, 1}, {3});
  const std::vector<double> start = fk::host_column(be, line, 0);
  const fk::integration_result result =
      fk::integrate(be, fk::dormand_prince{}, explosive, line, {.start = 0, .end = 1},
                    {.relative = 1e-8, .absolute = 1e-8});

  std::vector<double> evaluations;
  bool as_expected = true;
  for (std::size_t i = 0; i < start.size(); ++i) {
    const bool arrived = result.samples[i].status == fk::sample_status::reached_end;
    as_expected = as_expected && arrived == (start[i] < 1);
    evaluations.push_back(static_cast<double>(result.samples[i].evaluations));
  }
  std::cout << result.count(fk::sample_status::reached_end) << " of 1000 points arrived; "
            << "the worst status is " << fk::to_text(result.total().status) << '\n';

  fk::plot_panel cost{.title = "evaluations of a point, by its start"};
  cost.y.scale = fk::axis_scale::log;
  cost.scatter("dx/dt = x^2", start, evaluations);
  fk::write_svg("velocity_field.svg", fk::plot_figure{.panels = {spiral, cost}});
  return as_expected ? 0 : 1;
}
