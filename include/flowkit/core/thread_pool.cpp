#include <flowkit/core/error.hpp>
#include <flowkit/core/processors.hpp>
#include <flowkit/core/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace flowkit {
namespace {

/// Rounds of polling before a thread sleeps: 250 to 500 microseconds, longer than what a training
/// step of a small network does on one thread between two loops that are shared out. With 50 to
/// 100 the worker slept through half of such a step.
constexpr int spin_rounds = 10'000;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace

int default_thread_count() {
  if (const char* setting = std::getenv("FLOWKIT_THREADS")) {
    const int threads = std::atoi(setting);
    if (threads > 0) return threads;
  }
  return usable_cores(allowed_processors());
}

struct thread_pool::state {
  std::mutex mutex;
  std::condition_variable start;
  std::condition_variable done;
  std::atomic<std::uint64_t> generation{0};
  std::atomic<int> running{0};
  std::atomic<bool> stopping{false};
  std::atomic<bool> busy{false};
  std::atomic<int> asleep{0};
  range_function call = nullptr;
  void* context = nullptr;
  index_t count = 0;
  std::exception_ptr failure;
  std::vector<std::thread> workers;

  [[nodiscard]] index_t threads() const { return static_cast<index_t>(workers.size()) + 1; }

  /// The share of thread number `index` of the current loop.
  void work(index_t index) noexcept {
    try {
      call(context, count * index / threads(), count * (index + 1) / threads());
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }

  void wait_for_start(std::uint64_t seen) {
    for (int i = 0; i < spin_rounds; ++i) {
      if (generation.load(std::memory_order_acquire) != seen) return;
      pause();
    }
    std::unique_lock lock(mutex);
    asleep.fetch_add(1, std::memory_order_relaxed);
    start.wait(lock, [&] { return generation.load(std::memory_order_acquire) != seen; });
    asleep.fetch_sub(1, std::memory_order_relaxed);
  }

  void serve(index_t index) {
    for (std::uint64_t seen = 0;; ++seen) {
      wait_for_start(seen);
      if (stopping.load(std::memory_order_acquire)) return;
      work(index);
      if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::lock_guard lock(mutex);
        done.notify_one();
      }
    }
  }

  void announce() {
    {
      const std::lock_guard lock(mutex);
      generation.fetch_add(1, std::memory_order_acq_rel);
    }
    start.notify_all();
  }

  void stop() {
    stopping.store(true, std::memory_order_release);
    announce();
    for (auto& worker : workers) worker.join();
  }

  void wait_for_done() {
    for (int i = 0; i < spin_rounds; ++i) {
      if (running.load(std::memory_order_acquire) == 0) return;
      pause();
    }
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return running.load(std::memory_order_acquire) == 0; });
  }
};

thread_pool::thread_pool(int threads) : state_(std::make_unique<state>()) {
  state_->workers.reserve(static_cast<std::size_t>(threads > 1 ? threads - 1 : 0));
  try {
    for (int i = 1; i < threads; ++i) {
      // Workers read threads(), which is final before the first loop: announce orders it.
      state_->workers.emplace_back([s = state_.get(), i] { s->serve(i); });
    }
  } catch (const std::system_error& problem) {
    const index_t started = state_->threads();
    state_->stop();
    throw backend_error("start threads",
                        text("only ", started, " of ", threads, " could be started (",
                             problem.what(), "); ask for fewer or set FLOWKIT_THREADS"));
  }
  // All take part in one empty loop: a thread that starts late would allocate inside somebody's
  // step.
  run(
      threads, [](void*, index_t, index_t) {}, nullptr);
}

thread_pool::thread_pool(thread_pool&&) noexcept = default;

thread_pool& thread_pool::operator=(thread_pool&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

thread_pool::~thread_pool() {
  if (!state_) return;
  state_->stop();
}

bool thread_pool::worth_sharing(index_t nanoseconds) const noexcept {
  if (state_->workers.empty() || nanoseconds < awake_break_even) return false;
  // A hint: a worker that falls asleep meanwhile makes one loop late, not wrong.
  return nanoseconds >= asleep_break_even || state_->asleep.load(std::memory_order_relaxed) == 0;
}

int thread_pool::size() const noexcept { return static_cast<int>(state_->threads()); }

void thread_pool::run(index_t count, range_function call, void* context) {
  state& s = *state_;
  const bool serial = count <= 1 || s.workers.empty();
  if (serial || s.busy.exchange(true, std::memory_order_acquire)) {
    call(context, 0, count);
    return;
  }
  s.call = call;
  s.context = context;
  s.count = count;
  s.failure = nullptr;
  s.running.store(static_cast<int>(s.workers.size()), std::memory_order_release);
  s.announce();
  s.work(0);
  s.wait_for_done();
  s.busy.store(false, std::memory_order_release);
  if (s.failure) std::rethrow_exception(s.failure);
}

}  // namespace flowkit
