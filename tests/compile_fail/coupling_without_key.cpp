// A coupling that takes no key cannot be reproducible, so it is none.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/coupling/concepts.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct coupling {
#ifdef FLOWKIT_BAD
  void draw(backend&, const pair_batch<backend>&, workspace<backend>&) {}
#else
  void draw(backend&, const pair_batch<backend>&, rng_key, workspace<backend>&) {}
#endif
};

template <Coupling<backend> C>
void use(const C&) {}

int main() { use(coupling{}); }
