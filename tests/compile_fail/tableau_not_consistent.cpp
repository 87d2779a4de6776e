// A table whose weights do not sum to one is refused by the compiler.
// expect: constraints not satisfied
#include <flowkit/solver/tableau.hpp>

using namespace flowkit;

struct method {
#ifdef FLOWKIT_BAD
  static constexpr double weight = 0.25;
#else
  static constexpr double weight = 0.5;
#endif
  static constexpr rk_table<2> table{2, {0, 1}, {{0, 0}, {1, 0}}, {0.5, weight}};
};

template <Tableau T>
void use(const T&) {}

int main() { use(method{}); }
