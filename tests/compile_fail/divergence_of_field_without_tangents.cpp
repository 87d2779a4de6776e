// A divergence is taken through tangents, so a field without them has none.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/solver/divergence.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct field {
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
#ifndef FLOWKIT_BAD
  void jvp(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
           const_view_of<backend, 2> u, view_of<backend, 2> dx, view_of<backend, 2> du) const {
    be.copy(dx, x);
    be.copy(du, u);
  }
#endif
};

template <Divergence<field, backend> D>
void use(const D&) {}

int main() { use(exact_divergence{}); }
