// A coupling that solves in one scalar takes batches of that scalar only.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/coupling/entropic_ot.hpp>
#include <flowkit/coupling/minibatch_ot.hpp>

using namespace flowkit;

template <Coupling<eigen<double>> C>
void use(const C&) {}

int main() {
  use(minibatch_ot<double>{});
#ifdef FLOWKIT_BAD
  use(entropic_ot{});
#else
  use(entropic_ot<double>{});
#endif
}
