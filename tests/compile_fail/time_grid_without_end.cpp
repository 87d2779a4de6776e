// A grid must say where its last step leads: rounding decides that, not the sum of the steps.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/solver/concepts.hpp>

using namespace flowkit;

struct grid {
  index_t steps() const { return 4; }
  double time(index_t i) const { return 0.25 * static_cast<double>(i); }
  double step(index_t) const { return 0.25; }
#ifndef FLOWKIT_BAD
  double end() const { return 1; }
#endif
};

template <TimeGrid G>
void use(const G&) {}

int main() { use(grid{}); }
