// Softmax down the columns of a matrix, and the product with its Jacobian.
#include "column_access.hpp"
#include "kernels.hpp"

namespace flowkit::FLOWKIT_ARCH {

template <class T>
void softmax_kernels<T>::value(index_t rows, index_t columns, matrix<const T> x, matrix<T> y) {
  for_packets<T>(columns, [&](index_t c, auto at) {
    packet<T> largest = at.load(x.data + c);
    for (index_t r = 1; r < rows; ++r) {
      largest = xsimd::max(largest, at.load(x.data + r * x.step + c));
    }
    packet<T> total(T(0));
    for (index_t r = 0; r < rows; ++r) {
      const packet<T> e = xsimd::exp(at.load(x.data + r * x.step + c) - largest);
      total += e;
      at.store(y.data + r * y.step + c, e);
    }
    const packet<T> factor = packet<T>(T(1)) / total;
    for (index_t r = 0; r < rows; ++r) {
      T* to = y.data + r * y.step + c;
      at.store(to, at.load(to) * factor);
    }
  });
}

template <class T>
void softmax_kernels<T>::product(index_t rows, index_t columns, matrix<const T> y,
                                 matrix<const T> v, matrix<T> jv) {
  for_packets<T>(columns, [&](index_t c, auto at) {
    packet<T> mean(T(0));
    for (index_t r = 0; r < rows; ++r) {
      mean = fused(at.load(y.data + r * y.step + c), at.load(v.data + r * v.step + c), mean);
    }
    for (index_t r = 0; r < rows; ++r) {
      const packet<T> weight = at.load(y.data + r * y.step + c);
      at.store(jv.data + r * jv.step + c, weight * (at.load(v.data + r * v.step + c) - mean));
    }
  });
}

template struct softmax_kernels<float>;
template struct softmax_kernels<double>;

}  // namespace flowkit::FLOWKIT_ARCH
