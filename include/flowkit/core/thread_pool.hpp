// A small pool of worker threads for loops of host backends.
#pragma once

#include <flowkit/core/platform.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace flowkit {

/// Threads a host backend uses unless told otherwise: FLOWKIT_THREADS if it is a positive number,
/// else the physical cores this process may keep busy (`usable_cores`).
[[nodiscard]] int default_thread_count();

/// Runs loops on a fixed number of threads, the calling one included. One loop at a time: the pool
/// belongs to one backend object and is not shared between callers. Idle workers spin for some
/// hundred microseconds and then sleep; a loop that would be over before they are awake runs on the
/// calling thread alone. Who runs a loop depends on the clock, so results must not depend on who
/// runs it.
class thread_pool {
 public:
  /// Starts threads - 1 workers and waits until they run. Allocates.
  explicit thread_pool(int threads);
  thread_pool(thread_pool&&) noexcept;
  thread_pool& operator=(thread_pool&&) noexcept;
  ~thread_pool();

  [[nodiscard]] int size() const noexcept;

  /// Calls f(i) for every i in [0, count), each once, consecutive numbers on one thread. Returns
  /// when all are done; the first exception is rethrown. A loop started inside f runs serially.
  template <class F>
  void for_each_index(index_t count, F&& f) {
    using body = std::remove_reference_t<F>;
    const auto call = [](void* context, index_t first, index_t last) {
      for (index_t i = first; i < last; ++i) (*static_cast<body*>(context))(i);
    };
    run(count, call, const_cast<std::remove_const_t<body>*>(&f));
  }

  /// The same for a loop that takes one thread about `nanoseconds`: only if that is worth it are
  /// the workers asked.
  template <class F>
  void for_each_index(index_t count, index_t nanoseconds, F&& f) {
    if (worth_sharing(nanoseconds)) {
      for_each_index(count, std::forward<F>(f));
    } else {
      for (index_t i = 0; i < count; ++i) f(i);
    }
  }

  /// Whether several threads finish work sooner that takes one about `nanoseconds`: no for less
  /// than it costs to hand it to workers that spin, or, where one sleeps, to wake it.
  [[nodiscard]] bool worth_sharing(index_t nanoseconds) const noexcept;

  /// Break-even points of two threads, measured by bench/thread_pool.cpp (docs/benchmarks.md).
  static constexpr index_t awake_break_even = 8'000;
  static constexpr index_t asleep_break_even = 100'000;

 private:
  using range_function = void (*)(void* context, index_t first, index_t last);
  void run(index_t count, range_function call, void* context);

  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit
