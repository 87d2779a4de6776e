#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/order.hpp>
#include <flowkit/train/dataset_source.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowkit::policy {
namespace {

// Children of the run's key: the order of an epoch and the draws of a batch share no stream.
constexpr std::uint64_t order_stream = 0;
constexpr std::uint64_t batch_stream = 1;

index_t validation_count(index_t episodes, double fraction) {
  if (fraction == 0 || episodes < 2) return 0;
  const auto wanted = static_cast<index_t>(std::llround(fraction * static_cast<double>(episodes)));
  return std::clamp<index_t>(wanted, 1, episodes - 1);
}

}  // namespace

episode_split split_episodes(index_t episodes, double validation_fraction, rng_key key) {
  FLOWKIT_VALIDATE(validation_fraction >= 0 && validation_fraction < 1, "a validation fraction of ",
                   validation_fraction, " is outside [0, 1)");
  FLOWKIT_VALIDATE(episodes >= 0 && episodes <= std::numeric_limits<row_t>::max(), episodes,
                   " episodes cannot be split");
  std::vector<row_t> order(static_cast<std::size_t>(episodes));
  flowkit::detail::shuffle(order, key);
  const auto kept = order.begin() + validation_count(episodes, validation_fraction);
  episode_split out{{kept, order.end()}, {order.begin(), kept}};
  std::sort(out.train.begin(), out.train.end());
  std::sort(out.validation.begin(), out.validation.end());
  return out;
}

epoch_order::epoch_order(index_t windows, index_t batch_size, rng_key key)
    : windows_(windows), batch_size_(batch_size), key_(key) {
  FLOWKIT_VALIDATE(batch_size > 0 && batch_size <= windows, "batches of ", batch_size,
                   " windows cannot be drawn from ", windows,
                   " without repetition; choose a batch size between 1 and that");
  FLOWKIT_VALIDATE(windows <= std::numeric_limits<row_t>::max(), windows,
                   " windows exceed the 2^31 that can be numbered; use fewer episodes");
}

std::span<const row_t> epoch_order::batch(index_t number) {
  FLOWKIT_EXPECT(number >= 0);
  const index_t epoch = number / batches_per_epoch();
  if (epoch != epoch_) {
    order_.resize(static_cast<std::size_t>(windows_));
    flowkit::detail::shuffle(order_,
                             key_.split(order_stream).split(static_cast<std::uint64_t>(epoch)));
    epoch_ = epoch;
  }
  const index_t first = number % batches_per_epoch() * batch_size_;
  return std::span(order_).subspan(static_cast<std::size_t>(first),
                                   static_cast<std::size_t>(batch_size_));
}

rng_key epoch_order::batch_key(index_t number) const {
  return key_.split(batch_stream).split(static_cast<std::uint64_t>(number));
}

}  // namespace flowkit::policy
