// One block of a device kernel on the host: its threads run one after the other, phase by phase.
#pragma once

#include <flowkit/backends/device/kernel.hpp>

#include <cstring>
#include <stdexcept>

namespace flowkit::testing {

/// In which order the threads of a phase, and the blocks of a grid, run. A correct kernel gives the
/// same bits in all of them.
enum class device_order { ascending, descending, scattered };

/// Number i of `count` in that order.
constexpr index_t in_order(device_order order, index_t i, index_t count) {
  if (order == device_order::ascending) return i;
  if (order == device_order::descending) return count - 1 - i;
  // Odd multiples permute a power of two; what lies beyond it follows in ascending order.
  index_t power = 1;
  while (2 * power <= count) power *= 2;
  return i < power ? (i * 77 + 5) % power : i;
}

/// The block that kernels of this type see: concept in flowkit/backends/device/kernel.hpp.
template <class Kernel>
class executed_block {
 public:
  using shared_memory = typename Kernel::shared_memory;

  executed_block(index_t index, device_order order, void* memory)
      : index_(index), order_(order), memory_(static_cast<shared_memory*>(memory)) {}

  [[nodiscard]] index_t index() const { return index_; }
  [[nodiscard]] shared_memory& shared() { return *memory_; }

  template <class F>
  void phase(const F& f) {
    if (done_) throw std::logic_error("a phase follows the last one of a kernel");
    for (int i = 0; i < Kernel::threads; ++i) {
      f(static_cast<int>(in_order(order_, i, Kernel::threads)));
    }
  }

  template <class F>
  void last(const F& f) {
    phase(f);
    done_ = true;
  }

  void wait() {}

  /// One T per thread; what was not written reads as NaN or -1.
  template <class T>
  struct register_file {
    T value[Kernel::threads];
    T& operator[](int thread) { return value[thread]; }
    const T& operator[](int thread) const { return value[thread]; }
  };
  template <class T>
  [[nodiscard]] register_file<T> registers() {
    register_file<T> out;
    std::memset(static_cast<void*>(out.value), 0xFF, sizeof(out.value));
    return out;
  }

  /// As five exchanges between the 32 threads of each warp, all of which take part.
  template <class T, class Combine>
  [[nodiscard]] register_file<T> warp_reduce(const register_file<T>& values,
                                             const Combine& combine) {
    register_file<T> now = values;
    for (int distance = detail::warp_threads / 2; distance > 0; distance /= 2) {
      const register_file<T> before = now;
      for (int t = 0; t < Kernel::threads; ++t) now[t] = combine(before[t], before[t ^ distance]);
    }
    return now;
  }

 private:
  index_t index_;
  device_order order_;
  shared_memory* memory_;
  bool done_ = false;
};

}  // namespace flowkit::testing
