// Two moons from noise: a network learns a velocity field with minibatch optimal transport, and
// eight steps of Heun's method carry noise along it. Writes two_moons.svg.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>
#include <flowkit/host/columns.hpp>
#include <flowkit/host/plot.hpp>

#include <cmath>
#include <iostream>
#include <numbers>

namespace fk = flowkit;
using backend = fk::eigen<float>;

/// Points on two interleaved half circles of radius 1, blurred by 0.05.
fk::tensor<backend, 2> two_moons(backend& be, fk::index_t n, fk::rng_key key) {
  fk::tensor<backend, 1> angle(be, {n});
  be.uniform(angle.view(), key.split(0));
  auto x = fk::draw_normal(be, {n, 2}, key.split(1));
  for (fk::index_t i = 0; i < n; ++i) {
    const float side = i % 2 == 0 ? 1.0F : -1.0F;
    const float a = std::numbers::pi_v<float> * angle.view()(i);
    x.view()(i, 0) = 0.05F * x.view()(i, 0) + side * (std::cos(a) - 0.5F);
    x.view()(i, 1) = 0.05F * x.view()(i, 1) + side * (std::sin(a) - 0.25F);
  }
  return x;
}

/// Mean distance from a point of `x` to the nearest one of `y`.
double distance_to(backend& be, fk::const_view_of<backend, 2> x, fk::const_view_of<backend, 2> y) {
  double total = 0;
  for (const double squared : fk::nearest_neighbours(be, x, y).squared_distance) {
    total += std::sqrt(squared);
  }
  return total / static_cast<double>(x.shape()[0]);
}

int main() {
  // [readme]
  backend be;  // fk::eigen<float>
  fk::key_sequence keys(42);
  fk::parameter_layout layout;
  const fk::mlp_field net(layout, "net", {.dimension = 2, .hidden = 64, .depth = 5});
  fk::parameter_store params(be, layout, keys.next());

  fk::flow_matching objective(net, fk::linear_path{}, fk::minibatch_ot{});
  fk::adamw optimizer(be, layout);
  fk::train_step step(be, objective, params, optimizer,
                      {.learning_rate = fk::warmup_cosine(1e-2, 50, 2000)});
  for (int i = 0; i < 2000; ++i) {
    const auto data = two_moons(be, 256, keys.next());
    step(fk::training_batch<backend>{data.view()}, keys.next());
  }

  auto x = fk::draw_normal(be, {2000, 2}, keys.next());
  fk::workspace ws(be);
  fk::network_field field(net, params.view(), ws);
  fk::integrate(be, fk::heun{}, field, x, fk::uniform_grid(0, 1, 8));
  // [readme]

  const auto moons = two_moons(be, 2000, keys.next());
  fk::plot_panel panel{.title = "two moons in eight steps", .aspect = fk::plot_aspect::equal};
  panel.scatter("data", fk::host_column(be, moons, 0), fk::host_column(be, moons, 1));
  panel.scatter("generated", fk::host_column(be, x, 0), fk::host_column(be, x, 1));
  fk::write_svg("two_moons.svg", fk::plot_figure{.panels = {panel}});

  // Both ways: the generated points lie on the moons, and they leave out no part of them.
  const double off = distance_to(be, x.view(), moons.view());
  const double missed = distance_to(be, moons.view(), x.view());
  std::cout << "mean distance of generated points to the moons " << off
            << ", of the moons to generated points " << missed << '\n';
  return off < 0.05 && missed < 0.05 ? 0 : 1;
}
