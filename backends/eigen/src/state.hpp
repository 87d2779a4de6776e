// Scratch memory of an eigen backend object.
#pragma once

#include "kernel_table.hpp"

#include <flowkit/backends/eigen.hpp>

#include <vector>

namespace flowkit {

/// A row that may be among the nearest, and its squared distance, measured or approximate.
template <class T>
struct search_candidate {
  T distance;
  row_t row;

  /// Of equal distances the lower row is the nearer one.
  friend bool operator<(const search_candidate& a, const search_candidate& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
  }
};

template <class T>
struct eigen<T>::state {
  /// Of the matrix product: one per part of a parallel loop, which has at most as many parts as
  /// the pool has threads.
  std::vector<buffer<T, host_space>> packed;
  buffer<T, host_space> lowered;  ///< windows of convolutions
  buffer<T, host_space> sums;     ///< per image and channel
  buffer<T, host_space> vectors;  ///< per thread and channel
  buffer<search_candidate<T>, host_space> candidates;
  std::shared_ptr<detail::held_copies> held = std::make_shared<detail::held_copies>();

  /// `memory` with room for `count` elements; old contents are lost when it grows.
  template <class U>
  static U* grown(eigen& be, buffer<U, host_space>& memory, index_t count) {
    if (memory.size() < count) memory = be.template allocate<U>(count);
    return memory.data();
  }

  /// Calls f(i, scratch) for i in [0, count) with `size` elements of scratch; cost per i in
  /// elements, which count as nanoseconds.
  template <class F>
  void for_each_image(eigen& be, index_t count, index_t cost, index_t size, const F& f) {
    const index_t parts = be.threads();
    T* memory = grown(be, vectors, parts * size);
    be.pool().for_each_index(parts, count * cost, [&](index_t part) {
      const index_t last = count * (part + 1) / parts;
      for (index_t i = count * part / parts; i < last; ++i) f(i, memory + part * size);
    });
  }
};

}  // namespace flowkit
