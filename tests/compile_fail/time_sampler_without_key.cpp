// Times drawn without a key would differ between a run and its repetition.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/concepts.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct sampler {
#ifdef FLOWKIT_BAD
  void draw(backend& be, view_of<backend, 1> t) const { be.fill(t, 0.5F); }
#else
  void draw(backend& be, view_of<backend, 1> t, rng_key) const { be.fill(t, 0.5F); }
#endif
};

template <TimeSampler<backend> S>
void use(const S&) {}

int main() { use(sampler{}); }
