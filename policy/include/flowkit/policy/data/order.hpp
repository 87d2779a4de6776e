// Random order as a function of a key: split of the episodes, and the windows of every batch.
#pragma once

#include <flowkit/core/rng.hpp>

#include <span>
#include <vector>

namespace flowkit::policy {

/// Numbers of episodes, each list ascending.
struct episode_split {
  std::vector<index_t> train;
  std::vector<index_t> validation;
};

/// Puts round(fraction * episodes) random episodes aside for validation, at least one if the
/// fraction is positive and there are two, and never all. Whole episodes, because windows of one
/// episode overlap. Throws invalid_input unless 0 <= fraction < 1.
[[nodiscard]] episode_split split_episodes(index_t episodes, double validation_fraction,
                                           rng_key key);

/// Which windows form batch number n: every epoch is a new permutation drawn from the key and the
/// number of the epoch, and windows that are left when the batch size does not divide their number
/// wait for another epoch. A function of (key, n): a resumed run needs nothing else.
class epoch_order {
 public:
  /// Throws invalid_input unless 1 <= batch_size <= windows < 2^31.
  epoch_order(index_t windows, index_t batch_size, rng_key key);

  [[nodiscard]] index_t batch_size() const noexcept { return batch_size_; }
  [[nodiscard]] index_t batches_per_epoch() const noexcept { return windows_ / batch_size_; }
  /// Windows of a batch; valid until the next call.
  [[nodiscard]] std::span<const row_t> batch(index_t number);
  /// Key for what is drawn inside a batch (crops); differs between batches.
  [[nodiscard]] rng_key batch_key(index_t number) const;

 private:
  index_t windows_;
  index_t batch_size_;
  rng_key key_;
  index_t epoch_ = -1;
  std::vector<row_t> order_;
};

}  // namespace flowkit::policy
