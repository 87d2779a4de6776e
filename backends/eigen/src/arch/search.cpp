// Distances between rows, and the scan of approximate distances for candidates.
#include "column_access.hpp"
#include "kernels.hpp"

#include <limits>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Lanes where the expanded square, without the part of the query, is below its limit.
template <class T, class Access>
auto below(const approximation<T>& a, index_t c, const Access& at) {
  return at.load(a.products + c) + at.load(a.norms + c) < packet<T>(a.limit);
}

/// The lanes among the first `count` where a mask is set, one bit per lane.
template <class T, class Mask>
unsigned lanes_set(const Mask& mask, index_t count) {
  unsigned bits = 0;
#if defined(__AVX512F__)
  bits = mask.data;
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == sizeof(float)) {
    bits = static_cast<unsigned>(_mm256_movemask_ps(mask.data));
  } else {
    bits = static_cast<unsigned>(_mm256_movemask_pd(mask.data));
  }
#else
  if (!xsimd::any(mask)) return 0;
  alignas(64) T lane[lanes<T>];
  xsimd::select(mask, packet<T>(T(1)), packet<T>(T(0))).store_aligned(lane);
  for (index_t i = 0; i < lanes<T>; ++i) bits |= lane[i] != T(0) ? 1U << i : 0U;
#endif
  return bits & ((1U << count) - 1);
}

/// The first lane of the mask among `count`, or -1. The builtin, because a function of the standard
/// library would be a weak symbol that is compiled for one instruction set.
template <class T, class Mask>
index_t first_lane(const Mask& mask, index_t count) {
  const unsigned bits = lanes_set<T>(mask, count);
  return bits == 0 ? -1 : __builtin_ctz(bits);
}

template <class T, class Test>
index_t first_column(index_t first, index_t last, const Test& test) {
  index_t c = first;
  for (; c + lanes<T> <= last; c += lanes<T>) {
    const index_t lane = first_lane<T>(test(c, whole_packet<T>{}), lanes<T>);
    if (lane >= 0) return c + lane;
  }
  if (c == last) return last;
  const index_t lane = first_lane<T>(test(c, part_packet<T>{last - c}), last - c);
  return lane >= 0 ? c + lane : last;
}

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

/// The lowest value of every lane and the column where it was met first.
template <class T>
struct lowest {
  packet<T> value = packet<T>(infinity<T>);
  packet<T> first = packet<T>(T(0));  ///< column of the packet's first lane, exact in T

  void offer(const packet<T>& next, index_t c) {
    const auto better = next < value;
    value = xsimd::select(better, next, value);
    first = xsimd::select(better, packet<T>(static_cast<T>(c)), first);
  }

  /// The column of the lowest value below infinity, the first of equals, or -1.
  [[nodiscard]] index_t column(index_t count) const {
    alignas(64) T values[lanes<T>];
    alignas(64) T firsts[lanes<T>];
    value.store_aligned(values);
    first.store_aligned(firsts);
    T least = infinity<T>;
    index_t found = -1;
    for (index_t i = 0; i < lanes<T>; ++i) {
      const index_t at = static_cast<index_t>(firsts[i]) + i;
      if (at >= count || !(values[i] < infinity<T>)) continue;
      if (values[i] < least || (values[i] == least && at < found)) {
        least = values[i];
        found = at;
      }
    }
    return found;
  }
};

}  // namespace

template <class T>
index_t search_kernels<T>::columns_below(const approximation<T>& a, index_t count, row_t* columns) {
  index_t found = 0;
  for_packets<T>(count, [&](index_t c, const auto& at) {
    const index_t in_row = count - c < lanes<T> ? count - c : lanes<T>;
    unsigned bits = lanes_set<T>(below(a, c, at), in_row);
    for (; bits != 0; bits &= bits - 1) {
      columns[found++] = static_cast<row_t>(c + __builtin_ctz(bits));
    }
  });
  return found;
}

template <class T>
index_t search_kernels<T>::first_below_both(const approximation<T>& a, const approximation<T>& b,
                                            index_t first, index_t last) {
  return first_column<T>(
      first, last, [&](index_t c, const auto& at) { return below(a, c, at) && below(b, c, at); });
}

template <class T>
index_t search_kernels<T>::lowest_below_both(const approximation<T>& a, const approximation<T>& b,
                                             index_t count) {
  lowest<T> best;
  alignas(64) T numbers[lanes<T>];
  for (index_t i = 0; i < lanes<T>; ++i) numbers[i] = static_cast<T>(i);
  const packet<T> lane = packet<T>::load_aligned(numbers);
  for_packets<T>(count, [&](index_t c, const auto& at) {
    const packet<T> value = at.load(b.products + c) + at.load(b.norms + c);
    // Lanes of the last packet beyond the row hold 0, which would hide a candidate above it.
    const auto exists = lane < packet<T>(static_cast<T>(count - c));
    const auto admitted = exists && below(a, c, at) && value < packet<T>(b.limit);
    best.offer(xsimd::select(admitted, value, packet<T>(infinity<T>)), c);
  });
  return best.column(count);
}

template <class T>
T search_kernels<T>::squared_distance(index_t size, const T* a, const T* b) {
  packet<T> sum(T(0));
  for_packets<T>(size, [&](index_t c, const auto& at) {
    const packet<T> difference = at.load(a + c) - at.load(b + c);
    sum = sum + difference * difference;
  });
  alignas(64) T lane[lanes<T>];
  sum.store_aligned(lane);
  T total = 0;
  for (index_t i = 0; i < lanes<T>; ++i) total += lane[i];
  return total;
}

template struct search_kernels<float>;
template struct search_kernels<double>;

}  // namespace flowkit::FLOWKIT_ARCH
