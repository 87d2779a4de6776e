// A functor of your own on a GPU: a source that nvcc compiles makes its kernels.
#include <flowkit/backend/draw.hpp>
#include <flowkit/backends/cuda_kernels.cuh>

#include <cmath>
#include <iostream>
#include <vector>

namespace fk = flowkit;

// [readme]
/// y = x where x is positive, and a fraction of it elsewhere.
struct leaky_relu {
  float slope;
  FLOWKIT_HD void operator()(float& y, float x) const { y = x < 0 ? slope * x : x; }
};

void apply(fk::cuda& be, fk::view_of<fk::cuda, 2> y, fk::const_view_of<fk::cuda, 2> x) {
  be.for_each(leaky_relu{0.1f}, y, x);
}
// [readme]

std::vector<float> on_host(fk::cuda& be, const fk::tensor<fk::cuda, 2>& x) {
  std::vector<float> out(static_cast<std::size_t>(x.size()));
  be.download(std::span<float>(out), fk::flatten(x.view()));
  return out;
}

int main() {
  if (const fk::cuda_availability found = fk::find_cuda_devices(); found.devices == 0) {
    std::cout << "skipped: " << found.reason << '\n';
    return 77;
  }
  fk::cuda be;
  const auto x = fk::draw_normal(be, {1000, 7}, fk::rng_key{42});
  fk::tensor<fk::cuda, 2> y(be, x.shape());
  apply(be, y.view(), x.view());

  const std::vector<float> before = on_host(be, x);
  const std::vector<float> after = on_host(be, y);
  float largest = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const float expected = before[i] < 0 ? 0.1f * before[i] : before[i];
    largest = std::max(largest, std::abs(after[i] - expected));
  }
  std::cout << be.info() << ": largest difference to the host " << largest << '\n';
  return largest < 1e-6f ? 0 : 1;
}
