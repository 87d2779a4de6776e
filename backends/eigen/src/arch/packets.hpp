// Loads and stores of packets for one instruction set, and the walk along one row of operands.
#pragma once

// Everything here has internal linkage: the linker must never replace the copy of one instruction
// set by that of another. For the same reason no inline function of the standard library or of
// flowkit is called with plain scalars.

#include <flowkit/backend/loop_nest.hpp>
#include <flowkit/backends/host_kernels.hpp>
#include <xsimd/xsimd.hpp>

namespace flowkit::FLOWKIT_ARCH {
namespace {

template <class T>
using packet = xsimd::batch<T>;

template <class T>
constexpr index_t lanes = static_cast<index_t>(packet<T>::size);

template <class T>
using plain = std::remove_const_t<T>;

/// a b + c, rounded once where the instruction set can do that. xsimd 8 multiplies and adds apart
/// on AVX-512, which halves the rate of a matrix product where both take the same units.
inline packet<float> fused(const packet<float>& a, const packet<float>& b, const packet<float>& c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#else
  return xsimd::fma(a, b, c);
#endif
}
inline packet<double> fused(const packet<double>& a, const packet<double>& b,
                            const packet<double>& c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_pd(a, b, c);
#else
  return xsimd::fma(a, b, c);
#endif
}

/// One operand positioned at the start of a row.
template <class T>
struct cursor {
  T* data;
  index_t stride;
};

/// `count` elements from position c on, the remaining lanes zero.
template <class T>
packet<plain<T>> load_part(const cursor<T>& from, index_t c, index_t count) {
  alignas(64) plain<T> lane[lanes<plain<T>>] = {};
  for (index_t i = 0; i < count; ++i) lane[i] = from.data[(c + i) * from.stride];
  return packet<plain<T>>::load_aligned(lane);
}

template <class T>
void store_part(const cursor<T>& to, index_t c, index_t count, const packet<T>& value) {
  alignas(64) T lane[lanes<T>];
  value.store_aligned(lane);
  for (index_t i = 0; i < count; ++i) to.data[(c + i) * to.stride] = lane[i];
}

template <class T>
packet<plain<T>> load(const cursor<T>& from, index_t c) {
  if (from.stride == 1) return packet<plain<T>>::load_unaligned(from.data + c);
  if (from.stride == 0) return packet<plain<T>>(*from.data);
  return load_part(from, c, lanes<plain<T>>);
}

template <class T>
void store(const cursor<T>& to, index_t c, const packet<T>& value) {
  if (to.stride == 1) {
    value.store_unaligned(to.data + c);
  } else {
    store_part(to, c, lanes<T>, value);
  }
}

/// Position of operand i at the start of a row of the nest.
template <class T, std::size_t N>
cursor<T> cursor_at(const detail::loop_nest<N>& loop, T* data, index_t row, std::size_t i) {
  const index_t last = row % loop.outer[2];
  const index_t rest = row / loop.outer[2];
  const index_t offset = (rest / loop.outer[1]) * loop.outer_stride[0][i] +
                         (rest % loop.outer[1]) * loop.outer_stride[1][i] +
                         last * loop.outer_stride[2][i];
  return {data + offset, loop.inner_stride[i]};
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
