// A callable without a time is no velocity field, and integrate says so.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/solver/integrate.hpp>
#include <flowkit/solver/tableau.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct field {
#ifdef FLOWKIT_BAD
  void operator()(backend& be, const_view_of<backend, 2> x, view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
#else
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
#endif
};

template <VelocityField<backend> V>
void use(const V&) {}

int main() { use(field{}); }
