// A device whose work can be recorded, and what ends a recording.
#pragma once

#include <flowkit/backend/recording.hpp>
#include <flowkit/backends/device/device.hpp>
#include <flowkit/core/assert.hpp>

#include <exception>
#include <utility>

namespace flowkit::detail {

/// Owns a device. Memory and transfers go through this class, so that they end a recording before
/// the device sees them; all else goes to `device()`. Stays where it is made.
template <Device D>
class recorded_device {
 public:
  using recording = typename D::recording;

  template <class... Options>
  explicit recorded_device(const Options&... options) : device_(options...) {}
  recorded_device(const recorded_device&) = delete;
  recorded_device& operator=(const recorded_device&) = delete;

  [[nodiscard]] D& device() { return device_; }
  [[nodiscard]] const D& device() const { return device_; }

  [[nodiscard]] void* allocate(index_t bytes) {
    if (bytes > 0) meet(done_.allocations);
    return device_.allocate(bytes);
  }
  /// What goes wrong while a recording ends here is thrown where `record` returns.
  void free(void* data) noexcept {
    end_noexcept();
    ++done_.releases;
    device_.free(data);
  }
  void upload(void* to, const void* from, index_t bytes) {
    meet(done_.uploads);
    device_.upload(to, from, bytes);
  }
  void download(void* to, const void* from, index_t bytes) {
    meet(done_.downloads);
    device_.download(to, from, bytes);
  }
  void synchronize() {
    meet(done_.waits);
    device_.synchronize();
  }

  /// See concept RecordingBackend.
  template <class F>
  bool record(recording& work, F& f) {
    FLOWKIT_EXPECT(!is_recording());
    device_.begin_recording();
    work_ = &work;
    try {
      f();
    } catch (...) {
      end_noexcept();
      failure_ = nullptr;  // superseded
      throw;
    }
    const bool whole = is_recording();
    end();
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
    return whole;
  }

  void launch(recording& work) {
    FLOWKIT_EXPECT(!is_recording());
    device_.run(work);
  }

  [[nodiscard]] bool is_recording() const { return work_ != nullptr; }
  [[nodiscard]] const unrecordable_work& unrecordable() const { return done_; }

 private:
  /// Counts one piece of work that no recording can hold, and runs first what was recorded.
  void meet(index_t& count) {
    end();
    ++count;
  }

  /// Runs what was recorded so far.
  void end() {
    if (work_ == nullptr) return;
    recording& work = *std::exchange(work_, nullptr);
    device_.end_recording(work);
    device_.run(work);
  }

  void end_noexcept() noexcept {
    try {
      end();
    } catch (...) {
      if (failure_ == nullptr) failure_ = std::current_exception();
    }
  }

  D device_;
  recording* work_ = nullptr;
  unrecordable_work done_;
  std::exception_ptr failure_;
};

}  // namespace flowkit::detail
