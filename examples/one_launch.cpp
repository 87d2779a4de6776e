// Many operations as one launch: sampling from a network that is recorded once and replayed.
#include <flowkit/backends/select.hpp>
#include <flowkit/flowkit.hpp>
#include <flowkit/host/columns.hpp>

#include <iostream>

namespace fk = flowkit;

/// Samples with a recording where the backend makes one; returns whether the last of them is what a
/// plain call makes of the same noise.
template <fk::NeuralBackend B>
bool sample(B& be) {
  fk::parameter_layout layout;
  const fk::mlp_field net(layout, "net", {.dimension = 2, .hidden = 64, .depth = 4});
  fk::parameter_store params(be, layout, {1});
  fk::workspace scratch(be);
  fk::network_field velocity(net, params.view(), scratch);
  const fk::uniform_grid grid(0, 1, 4);
  fk::tensor<B, 2> x(be, {1000, 2});

  // [readme]
  fk::replay sampler(be);
  for (std::uint64_t i = 0; i < 10; ++i) {
    be.normal(x.view(), fk::rng_key{2}.split(i));  // into the place that the recording reads
    sampler([&] { fk::integrate(be, fk::euler{}, velocity, x.view(), grid, scratch); });
  }
  // [readme]

  const std::vector<double> found = fk::host_column(be, x, 0);
  be.normal(x.view(), fk::rng_key{2}.split(9));
  fk::integrate(be, fk::euler{}, velocity, x.view(), grid, scratch);
  std::cout << be.name() << ": " << sampler.launches() << " of 10 calls were one launch\n";
  return found == fk::host_column(be, x, 0);
}

int main() {
  bool equal = true;
  for (const std::string& name : fk::usable_backends()) {
    equal = fk::with_backend(name, [](auto& be) { return sample(be); }) && equal;
  }
  return equal ? 0 : 1;
}
