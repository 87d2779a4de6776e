// An observer is shown the state and must not be able to ask for it to write.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/solver/concepts.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct observer {
#ifdef FLOWKIT_BAD
  void operator()(backend&, const_view_of<backend, 1>, view_of<backend, 2>) const {}
#else
  void operator()(backend&, const_view_of<backend, 1>, const_view_of<backend, 2>) const {}
#endif
};

template <Observer<backend> O>
void use(const O&) {}

int main() { use(observer{}); }
