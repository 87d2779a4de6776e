// Ctrl-C as a polite request: the loop ends after the current step, with a checkpoint.
#pragma once

#include <atomic>
#include <csignal>

namespace flowkit {

/// While it lives, the first SIGINT or SIGTERM sets a flag instead of ending the process; the
/// second one acts as it did before, for loops that do not listen. One object at a time.
class interrupt_guard {
 public:
  /// Throws invalid_input if another guard lives.
  interrupt_guard();
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;
  ~interrupt_guard();

  /// Set once a signal has arrived.
  [[nodiscard]] const std::atomic<bool>& flag() const;

 private:
  struct sigaction interrupt_before_;
  struct sigaction terminate_before_;
};

}  // namespace flowkit
