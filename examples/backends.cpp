// One network on every backend of this build: described once, given the same numbers by the same
// key, and compared with the reference in double precision.
#include <flowkit/backends/select.hpp>
#include <flowkit/flowkit.hpp>
#include <flowkit/host/columns.hpp>

#include <cmath>
#include <iostream>

namespace fk = flowkit;

/// What a small flow makes of noise on a backend, and the loss of one training step: both columns
/// of the generated points, then the loss.
template <fk::NeuralBackend B>
std::vector<double> run(B& be) {
  // Layers are descriptions without a place; parameters, gradients and scratch belong to a backend.
  fk::parameter_layout layout;
  const fk::mlp_field net(layout, "net", {.dimension = 2, .hidden = 64, .depth = 4});
  fk::parameter_store params(be, layout, {1});
  fk::workspace ws(be);

  auto x = fk::draw_normal(be, {1000, 2}, {2});
  fk::network_field field(net, params.view(), ws);
  fk::integrate(be, fk::heun{}, field, x, fk::uniform_grid(0, 1, 8));

  fk::flow_matching objective(net);
  fk::adamw optimizer(be, layout);
  fk::train_step step(be, objective, params, optimizer);
  step(fk::training_batch<B>{x.view()}, {3});

  std::vector<double> out = fk::host_column(be, x, 0);
  const std::vector<double> second = fk::host_column(be, x, 1);
  out.insert(out.end(), second.begin(), second.end());
  out.push_back(step.loss());
  return out;
}

int main() {
  fk::eigen<double> reference;
  const std::vector<double> expected = run(reference);

  bool agree = true;
  for (const std::string& name : fk::usable_backends()) {
    // The call is compiled for each backend; which one runs is decided here, once.
    const std::vector<double> found = fk::with_backend(name, [](auto& be) { return run(be); });
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(found[i] - expected[i]));
    }
    std::cout << name << ": largest difference to eigen<double> " << largest << '\n';
    agree = agree && largest < 1e-4;
  }
  return agree ? 0 : 1;
}
