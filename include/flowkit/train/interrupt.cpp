#include <flowkit/core/error.hpp>
#include <flowkit/train/interrupt.hpp>

namespace flowkit {
namespace {

// A handler can reach globals only; both are safe there because they are lock-free.
std::atomic<bool> requested{false};
std::atomic<bool> guarded{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request(int) { requested.store(true, std::memory_order_relaxed); }

}  // namespace

interrupt_guard::interrupt_guard() {
  FLOWKIT_VALIDATE(!guarded.exchange(true),
                   "a second interrupt_guard cannot watch the signals of one process; pass the "
                   "flag of the first");
  requested = false;
  struct sigaction once = {};
  once.sa_handler = request;
  once.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&once.sa_mask);
  sigaction(SIGINT, &once, &interrupt_before_);
  sigaction(SIGTERM, &once, &terminate_before_);
}

interrupt_guard::~interrupt_guard() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
  guarded = false;
}

const std::atomic<bool>& interrupt_guard::flag() const { return requested; }

}  // namespace flowkit
