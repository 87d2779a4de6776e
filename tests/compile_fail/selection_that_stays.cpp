// A field whose selection cannot be undone would be left with some of its samples by a solver.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/field/concepts.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct field {
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
  void select_rows(backend&, const_view_of<backend, 1, row_t>) {}
#ifndef FLOWKIT_BAD
  void select_all(backend&) {}
#endif
};

template <SelectableField<backend> V>
void use(const V&) {}

int main() { use(field{}); }
