// Steps are adapted to an error estimate, which a method of one result does not have.
// expect: constraints not satisfied
#include <flowkit/solver/tableau.hpp>

using namespace flowkit;

struct method {
#ifdef FLOWKIT_BAD
  static constexpr rk_table<2> table{2, {0, 1}, {{0, 0}, {1, 0}}, {0.5, 0.5}};
#else
  static constexpr rk_table<2> table{2, {0, 1}, {{0, 0}, {1, 0}}, {0.5, 0.5}, 1, {-0.5, 0.5}};
#endif
};

template <EmbeddedTableau M>
void use(const M&) {}

int main() { use(method{}); }
