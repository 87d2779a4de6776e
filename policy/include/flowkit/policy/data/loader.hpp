// Batches decoded ahead by one background thread.
#pragma once

#include <flowkit/policy/data/order.hpp>
#include <flowkit/policy/data/window_batch.hpp>

#include <memory>

namespace flowkit::policy {

/// How far a loader runs ahead.
struct loader_options {
  crop_place crop = crop_place::random;
  index_t ahead_bytes = index_t{256} << 20;  ///< of finished batches; one is always kept ready
  index_t ahead_batches = 8;
};

/// Gathers batch after batch in a thread of its own. Batch n is a function of the order's key and
/// n, so neither the timing of the thread nor the limits change a number.
///
/// An exception of the thread is rethrown by `batch` for the number that failed, after all batches
/// before it; asking again tries again. Destruction stops the thread and waits for it (at most the
/// time of one batch). One consumer at a time.
class background_loader {
 public:
  /// Starts the thread. The gatherer must outlive this object. Throws invalid_input for limits
  /// below one batch.
  background_loader(const window_gatherer& gatherer, epoch_order order,
                    const loader_options& options = {});
  background_loader(const background_loader&) = delete;
  background_loader& operator=(const background_loader&) = delete;
  ~background_loader();

  [[nodiscard]] index_t batches_per_epoch() const;
  /// Batch `number` (from 0), valid until the next call. Numbers usually count up; any other number
  /// drops what was decoded ahead and starts there. Throws what the thread threw. *Synchronises*.
  [[nodiscard]] const window_batch& batch(index_t number);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit::policy
