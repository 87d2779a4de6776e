// Reflow to one step: a trained flow is followed from noise to data, the pairs that it makes are
// stored, and the network learns them again until one step does what many did.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>

#include <cmath>
#include <iostream>
#include <numbers>

namespace fk = flowkit;
using backend = fk::eigen<float>;

/// Eight blobs on a circle of radius 3.
fk::tensor<backend, 2> ring(backend& be, fk::index_t n, fk::rng_key key) {
  auto x = fk::draw_normal(be, {n, 2}, key);
  for (fk::index_t i = 0; i < n; ++i) {
    const float angle = std::numbers::pi_v<float> / 4 * static_cast<float>(i % 8);
    x.view()(i, 0) = 3 * std::cos(angle) + 0.2F * x.view()(i, 0);
    x.view()(i, 1) = 3 * std::sin(angle) + 0.2F * x.view()(i, 1);
  }
  return x;
}

/// Mean distance between corresponding rows.
double mean_distance(fk::const_view_of<backend, 2> a, fk::const_view_of<backend, 2> b) {
  double total = 0;
  for (fk::index_t i = 0; i < a.shape()[0]; ++i) {
    total += std::hypot(a(i, 0) - b(i, 0), a(i, 1) - b(i, 1));
  }
  return total / static_cast<double>(a.shape()[0]);
}

int main() {
  backend be;
  fk::workspace ws(be);
  fk::key_sequence keys(1);
  fk::parameter_layout layout;
  const fk::mlp_field net(layout, "net", {.dimension = 2, .hidden = 64, .depth = 4});
  fk::parameter_store params(be, layout, keys.next());

  const auto train = [&](auto objective, const fk::training_batch<backend>& data, int steps) {
    fk::adamw adam(be, layout);
    fk::train_step step(be, objective, params, adam,
                        {.learning_rate = fk::warmup_cosine(3e-3, 50, steps)});
    fk::dataset_source batches(be, data, 256);
    fk::trainer(be, layout, step, batches, keys.next(), {.steps = steps}).run();
  };
  const auto generate = [&](fk::index_t n, fk::index_t steps, fk::rng_key noise) {
    fk::network_field field(net, params.view(), ws);
    return fk::rectify(be, fk::euler{}, field, {n, 2}, fk::sampler_grid(steps), noise, ws);
  };

  const auto data = ring(be, 8192, keys.next());
  train(fk::flow_matching(net), {data.view()}, 1000);

  // The same key gives the same noise: what one step and many steps make of it.
  const fk::rng_key test = keys.next();
  const auto many = generate(2000, 100, test);
  const auto distance = [&] {
    return mean_distance(generate(2000, 1, test).x1.view(), many.x1.view());
  };
  const double before = distance();

  // Noise and where the flow takes it: a batch that stores x0 needs no coupling.
  const auto stored = generate(8192, 100, keys.next());
  if (!stored.result.all_reached_end()) {
    std::cerr << "the flow leaves the finite numbers: train it with a lower learning rate\n";
    return 1;
  }
  const fk::training_batch<backend> pairs{.x1 = stored.x1.view(), .x0 = stored.x0.view()};
  train(fk::flow_matching(net), pairs, 500);  // straightens the paths (rectified flow)
  const double straight = distance();
  train(fk::distillation(net), pairs, 1000);  // spends the whole network on the first step
  const double after = distance();

  std::cout << "distance of one step to 100 steps: " << before << " as trained, " << straight
            << " after reflow, " << after << " after distillation\n";
  return after < 0.2 * before ? 0 : 1;
}
