// A function without its derivative cannot be trained through, which says so where it is used.
// expect: constraints not satisfied
#include <flowkit/nn/activation.hpp>

using namespace flowkit;

struct square {
  template <class V>
  static V value(V x) {
    return x * x;
  }
#ifndef FLOWKIT_BAD
  template <class V>
  static V slope(V x) {
    return x + x;
  }
#endif
};

int main() { return static_cast<int>(sizeof(activation<square>)); }
