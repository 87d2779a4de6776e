// A path that writes no velocity gives nothing to regress.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/path/concepts.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct path {
#ifdef FLOWKIT_BAD
  void sample(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x0,
              const_view_of<backend, 2>, view_of<backend, 2> xt) const {
    be.copy(xt, x0);
  }
#else
  void sample(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x0,
              const_view_of<backend, 2> x1, view_of<backend, 2> xt, view_of<backend, 2> ut) const {
    be.copy(xt, x0);
    be.copy(ut, x1);
  }
#endif
};

template <Path<backend> P>
void use(const P&) {}

int main() { use(path{}); }
