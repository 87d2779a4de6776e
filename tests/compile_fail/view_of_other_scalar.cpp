// A view of doubles is not a view on a backend of floats.
// expect: constraints not satisfied
#include <flowkit/backend/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

using namespace flowkit;

template <class B, ViewOn<B> V>
void launch(const V&) {}

int main() {
  double x[2] = {};
  const view<double, 1, host_space> v(x, extents{2});
#ifdef FLOWKIT_BAD
  launch<eigen<float>>(v);
#else
  launch<eigen<double>>(v);
#endif
}
