// A small pool of worker threads for loops of host backends.
#pragma once

#include <flowkit/core/platform.hpp>

#include <memory>
#include <type_traits>

namespace flowkit {

/// Threads a host backend uses unless told otherwise: FLOWKIT_THREADS if it is a positive number,
/// else the physical cores this process may keep busy (`usable_cores`).
[[nodiscard]] int default_thread_count();

/// Runs loops on a fixed number of threads, the calling one included. One loop at a time: the pool
/// belongs to one backend object and is not shared between callers. Idle workers spin for some
/// microseconds and then sleep.
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

 private:
  using range_function = void (*)(void* context, index_t first, index_t last);
  void run(index_t count, range_function call, void* context);

  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit
