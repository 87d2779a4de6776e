// A schedule without derivatives cannot give the velocity of a path, so it is none.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/path/concepts.hpp>

using namespace flowkit;

struct straight {
  template <class T>
  struct ends {
    T alpha, sigma;
  };

  template <class T>
  auto operator()(T t) const {
#ifdef FLOWKIT_BAD
    return ends<T>{t, 1 - t};
#else
    return fn::path_coefficients<T>{t, 1 - t, T(1), T(-1)};
#endif
  }
};

template <Schedule S>
void use(const S&) {}

int main() { use(straight{}); }
