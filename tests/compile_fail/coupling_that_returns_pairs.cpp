// A coupling writes into the batch that it is given.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/coupling/independent.hpp>

using namespace flowkit;
using B = eigen<float>;

struct returning {
  tensor<B, 2> draw(B& be, rng_key) { return {be, {1, 1}}; }
};

template <Coupling<B> C>
void pair(C) {}

int main() {
#ifdef FLOWKIT_BAD
  pair(returning{});
#else
  pair(independent_coupling{});
#endif
}
