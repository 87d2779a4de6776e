// What a device kernel is: phases that all threads of a block go through together.
#pragma once

#include <flowkit/core/platform.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace flowkit::detail {

/// Threads that exchange registers, and the most threads that a kernel here may ask for.
inline constexpr int warp_threads = 32;
inline constexpr int most_block_threads = 256;

/// A kernel is a trivially copyable functor with its arguments as members:
///
///   static constexpr int threads;        threads of a block, a multiple of 32
///   using shared_memory = ...;           an aggregate, or no_shared_memory
///   template <class Block> FLOWKIT_HD void operator()(Block& block) const;
///
/// Its source does not depend on the device. Code outside of phases is executed by every thread
/// alike; what threads do on their own stands in phases:
///
///   block.index()                 number of this block
///   block.shared()                the shared memory of this block, uninitialised
///   block.phase(f)                f(thread) for every thread; all are done before it returns
///   block.last(f)                 the same as the last thing of the kernel, without waiting
///   block.registers<T>()          one T per thread, kept between phases, as an array
///   block.warp_reduce(r, combine) in every thread the combination over its warp (butterfly)
///   block.wait()                  before memory that was read outside of phases is written again
///
/// Laws: within one phase no thread reads what another one writes, so any order of threads gives
/// the same result; blocks are independent. A barrier cannot be reached by half of a block, because
/// phases do not nest. One executor runs threads one after the other in several orders, which shows
/// a kernel that breaks these laws.
template <class Kernel>
concept DeviceKernel =
    std::is_trivially_copyable_v<Kernel> && sizeof(Kernel) <= 4000 &&
    std::is_trivially_copyable_v<typename Kernel::shared_memory> &&
    sizeof(typename Kernel::shared_memory) <= std::size_t{48} * 1024 && Kernel::threads > 0 &&
    Kernel::threads <= most_block_threads&& Kernel::threads % warp_threads == 0;

struct no_shared_memory {};

/// Parts of `size` elements that cover `count`.
FLOWKIT_HD constexpr index_t parts(index_t count, index_t size) {
  return (count + size - 1) / size;
}

/// Quotient of numbers that are not negative. Division of 64 bits takes several times longer on a
/// device, so it is left to numbers that need it.
FLOWKIT_HD constexpr index_t quotient(index_t a, index_t b) {
  if (((a | b) >> 32) == 0) {
    return static_cast<index_t>(static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b));
  }
  return a / b;
}

inline constexpr float infinite = __builtin_huge_valf();

template <class T>
FLOWKIT_HD constexpr T least(T a, T b) {
  return b < a ? b : a;
}

/// Runs f(element) for the elements of a block's part: `each` consecutive chunks of one element per
/// thread, so that neighbouring threads touch neighbouring elements.
template <class Block, class F>
FLOWKIT_HD void last_over_elements(Block& block, index_t size, int threads, int each, const F& f) {
  const index_t first = block.index() * threads * each;
  block.last([&](int thread) {
    for (index_t i = 0; i < each; ++i) {
      const index_t e = first + i * threads + thread;
      if (e < size) f(e);
    }
  });
}

/// Scratch of `block_reduce`: one value per warp.
template <class T>
struct warp_values {
  T value[most_block_threads / warp_threads];
};

/// The combination of one value per thread over the block, in a fixed order; the same for every
/// thread. `combine` must give the same result for (a, b) and (b, a).
template <class Block, class Registers, class T, class Combine>
FLOWKIT_HD T block_reduce(Block& block, const Registers& values, int threads, warp_values<T>& warps,
                          const Combine& combine) {
  const auto lanes = block.warp_reduce(values, combine);
  block.phase([&](int thread) {
    if (thread % warp_threads == 0) warps.value[thread / warp_threads] = lanes[thread];
  });
  T total = warps.value[0];
  for (int w = 1; w < threads / warp_threads; ++w) total = combine(total, warps.value[w]);
  block.wait();
  return total;
}

struct plus {
  template <class T>
  FLOWKIT_HD T operator()(T a, T b) const {
    return a + b;
  }
};

}  // namespace flowkit::detail
