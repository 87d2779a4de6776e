// What takes no condition cannot be given one per sample.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/field/conditioned.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct field {
#ifdef FLOWKIT_BAD
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
#else
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  const_view_of<backend, 2>, view_of<backend, 2> dx) const {
    be.copy(dx, x);
  }
#endif
};

template <ConditionalField<backend> V>
void use(const V&) {}

int main() { use(field{}); }
