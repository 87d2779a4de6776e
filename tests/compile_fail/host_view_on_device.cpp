// A view of host memory never reaches an operation on another memory space.
// expect: constraints not satisfied
#include <flowkit/backend/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

using namespace flowkit;

/// The shape of a backend elsewhere: only what ViewOn asks about.
struct device {
  using value_type = float;
  using space = cuda_space;
};

template <class B, ViewOn<B> V>
void launch(const V&) {}

int main() {
  float x[2] = {};
#ifdef FLOWKIT_BAD
  launch<device>(view<float, 1, host_space>(x, extents{2}));
#else
  launch<eigen<float>>(view<float, 1, host_space>(x, extents{2}));
#endif
}
