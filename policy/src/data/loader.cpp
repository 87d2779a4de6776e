#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/loader.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace flowkit::policy {
namespace {

/// A finished batch, or why there is none.
struct finished {
  window_batch batch;
  std::exception_ptr failure;
};

}  // namespace

struct background_loader::state {
  const window_gatherer& gatherer;
  epoch_order order;  ///< used by the thread; the consumer reads constants only
  loader_options options;
  std::size_t room;  ///< finished batches that may wait

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<finished> ready;        ///< batches first_ready, first_ready + 1, ...
  std::vector<window_batch> unused;  ///< memory of batches that were consumed
  index_t first_ready = 0;
  index_t next = 0;            ///< batch that the thread makes next
  std::uint64_t restarts = 0;  ///< a batch begun before the last restart is dropped
  bool failed = false;         ///< the thread waits for a restart
  bool stopped = false;

  finished current;             ///< what the consumer holds
  index_t current_number = -1;  ///< -1: none

  std::thread thread;

  state(const window_gatherer& from, epoch_order batches, const loader_options& limits)
      : gatherer(from), order(std::move(batches)), options(limits), room(room_for(limits)) {}

  [[nodiscard]] std::size_t room_for(const loader_options& limits) const {
    FLOWKIT_VALIDATE(limits.ahead_batches >= 1, "a loader must be at least one batch ahead, not ",
                     limits.ahead_batches);
    const index_t bytes = std::max<index_t>(gatherer.batch_bytes(order.batch_size()), 1);
    const index_t fitting = std::min(limits.ahead_batches, limits.ahead_bytes / bytes);
    return static_cast<std::size_t>(std::max<index_t>(fitting, 1));
  }

  [[nodiscard]] window_batch take_unused() {
    if (unused.empty()) return {};
    window_batch out = std::move(unused.back());
    unused.pop_back();
    return out;
  }

  [[nodiscard]] finished make(index_t number, window_batch memory) {
    finished out{std::move(memory), nullptr};
    try {
      gatherer.gather(order.batch(number), options.crop, order.batch_key(number), out.batch);
    } catch (...) {
      out.failure = std::current_exception();
    }
    return out;
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopped || (!failed && ready.size() < room); });
      if (stopped) return;
      const index_t number = next++;
      const std::uint64_t begun = restarts;
      window_batch memory = take_unused();
      lock.unlock();
      finished made = make(number, std::move(memory));
      lock.lock();
      if (begun != restarts) {
        unused.push_back(std::move(made.batch));
        continue;
      }
      failed = made.failure != nullptr;
      ready.push_back(std::move(made));
      changed.notify_all();
    }
  }

  void restart_at(index_t number) {
    for (finished& waiting : ready) unused.push_back(std::move(waiting.batch));
    ready.clear();
    first_ready = next = number;
    ++restarts;
    failed = false;
  }
};

background_loader::background_loader(const window_gatherer& gatherer, epoch_order order,
                                     const loader_options& options)
    : state_(std::make_unique<state>(gatherer, std::move(order), options)) {
  state_->thread = std::thread([&shared = *state_] { shared.work(); });
}

background_loader::~background_loader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

index_t background_loader::batches_per_epoch() const { return state_->order.batches_per_epoch(); }

const window_batch& background_loader::batch(index_t number) {
  FLOWKIT_VALIDATE(number >= 0, "batches are numbered from 0, not ", number);
  state& s = *state_;
  if (number == s.current_number) return s.current.batch;
  std::unique_lock lock(s.mutex);
  if (s.current_number >= 0) s.unused.push_back(std::move(s.current.batch));
  s.current_number = -1;
  if (number != s.first_ready) s.restart_at(number);
  s.changed.notify_all();
  s.changed.wait(lock, [&] { return !s.ready.empty(); });
  s.current = std::move(s.ready.front());
  s.ready.pop_front();
  if (s.current.failure) {
    s.restart_at(number);
    s.failed = true;  // until somebody asks again
    s.first_ready = -1;
    std::rethrow_exception(s.current.failure);
  }
  ++s.first_ready;
  s.changed.notify_all();
  s.current_number = number;
  return s.current.batch;
}

}  // namespace flowkit::policy
