// Walks over the columns of matrices a packet at a time, the last ones through a padded copy.
#pragma once

#include "packets.hpp"
#include "unroll.hpp"

#include <array>
#include <type_traits>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Access to the columns that fill a packet.
template <class T>
struct whole_packet {
  static constexpr index_t count = lanes<T>;
  [[nodiscard]] packet<T> load(const T* from) const { return packet<T>::load_unaligned(from); }
  void store(T* to, const packet<T>& value) const { value.store_unaligned(to); }
};

/// Access to the last columns, which do not; the other lanes are zero.
template <class T>
struct part_packet {
  index_t count;
  [[nodiscard]] packet<T> load(const T* from) const {
    alignas(64) T lane[lanes<T>] = {};
    for (index_t i = 0; i < count; ++i) lane[i] = from[i];
    return packet<T>::load_aligned(lane);
  }
  void store(T* to, const packet<T>& value) const { store_part(cursor<T>{to, 1}, 0, count, value); }
};

/// Calls f(first column, access) for packets of columns.
template <class T, class F>
void for_packets(index_t columns, const F& f) {
  index_t c = 0;
  for (; c + lanes<T> <= columns; c += lanes<T>) f(c, whole_packet<T>{});
  if (c < columns) f(c, part_packet<T>{columns - c});
}

/// Calls f(first column, access, packets): groups of four packets, whose sums do not wait for each
/// other, and single ones for the rest. `packets` is a compile-time constant.
template <class T, class F>
void for_packet_groups(index_t columns, const F& f) {
  constexpr std::integral_constant<index_t, 4> group;
  constexpr std::integral_constant<index_t, 1> single;
  index_t c = 0;
  for (; c + group * lanes<T> <= columns; c += group * lanes<T>) f(c, whole_packet<T>{}, group);
  for (; c + lanes<T> <= columns; c += lanes<T>) f(c, whole_packet<T>{}, single);
  if (c < columns) f(c, part_packet<T>{columns - c}, single);
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
