// Sums and scalings per column: the parts of group normalisation, pooling and convolution.
#include "column_access.hpp"
#include "kernels.hpp"

namespace flowkit::FLOWKIT_ARCH {

template <class T>
void column_kernels<T>::add(index_t rows, index_t columns, matrix<const T> x, matrix<T> y) {
  for (index_t r = 0; r < rows; ++r) {
    const T* from = x.data + r * x.step;
    T* to = y.data + r * y.step;
    for_packets<T>(columns, [&](index_t c, auto at) {
      at.store(to + c, at.load(to + c) + at.load(from + c));
    });
  }
}

template <class T>
void column_kernels<T>::sum(index_t rows, index_t columns, matrix<const T> x, T* out) {
  for_packet_groups<T>(columns, [&](index_t c, auto at, auto packets) {
    std::array<packet<T>, packets()> total;
    unroll<packets()>([&](auto i) { total[i] = packet<T>(T(0)); });
    for (index_t r = 0; r < rows; ++r) {
      const T* from = x.data + r * x.step + c;
      unroll<packets()>([&](auto i) { total[i] += at.load(from + i * lanes<T>); });
    }
    unroll<packets()>([&](auto i) { at.store(out + c + i * lanes<T>, total[i]); });
  });
}

template <class T>
void column_kernels<T>::squares(index_t rows, index_t columns, matrix<const T> x, const T* center,
                                T* out) {
  for_packet_groups<T>(columns, [&](index_t c, auto at, auto packets) {
    std::array<packet<T>, packets()> middle;
    std::array<packet<T>, packets()> total;
    unroll<packets()>([&](auto i) {
      middle[i] = at.load(center + c + i * lanes<T>);
      total[i] = packet<T>(T(0));
    });
    for (index_t r = 0; r < rows; ++r) {
      const T* from = x.data + r * x.step + c;
      unroll<packets()>([&](auto i) {
        const packet<T> d = at.load(from + i * lanes<T>) - middle[i];
        total[i] = fused(d, d, total[i]);
      });
    }
    unroll<packets()>([&](auto i) { at.store(out + c + i * lanes<T>, total[i]); });
  });
}

template <class T>
void column_kernels<T>::combine(index_t rows, index_t columns, matrix<const T> v, matrix<const T> x,
                                const T* center, const T* a, const T* b, const T* d, matrix<T> y) {
  for (index_t r = 0; r < rows; ++r) {
    const T* value = v.data + r * v.step;
    const T* from = x.data + r * x.step;
    T* to = y.data + r * y.step;
    for_packets<T>(columns, [&](index_t c, auto at) {
      const packet<T> away = at.load(from + c) - at.load(center + c);
      const packet<T> rest = fused(away, at.load(b + c), at.load(d + c));
      at.store(to + c, fused(at.load(value + c), at.load(a + c), rest));
    });
  }
}

template <class T>
void column_kernels<T>::take_larger(index_t columns, const T* x, T tap, T* best, T* chosen) {
  for_packets<T>(columns, [&](index_t c, auto at) {
    const packet<T> value = at.load(x + c);
    const packet<T> old = at.load(best + c);
    // Not value != value: xsimd's comparison for inequality is false for NaN on AVX.
    const auto replaces = (value > old) || !(value == value);
    at.store(best + c, xsimd::select(replaces, value, old));
    at.store(chosen + c, xsimd::select(replaces, packet<T>(tap), at.load(chosen + c)));
  });
}

template struct column_kernels<float>;
template struct column_kernels<double>;

}  // namespace flowkit::FLOWKIT_ARCH
