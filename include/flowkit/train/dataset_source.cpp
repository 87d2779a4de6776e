#include <flowkit/train/dataset_source.hpp>

namespace flowkit::detail {

void shuffle(std::span<row_t> order, rng_key key) {
  std::iota(order.begin(), order.end(), row_t{0});
  for (std::size_t i = order.size(); i > 1; --i) {
    const philox_block random = key.block(i / 4);
    const std::uint32_t j = bounded(random.word[i % 4], static_cast<std::uint32_t>(i));
    std::swap(order[i - 1], order[j]);
  }
}

}  // namespace flowkit::detail
