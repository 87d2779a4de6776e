// Decoded blocks that were used last, up to a number of bytes.
#pragma once

#include <flowkit/policy/data/field.hpp>

#include <list>
#include <map>
#include <mutex>
#include <utility>

namespace flowkit::policy::detail {

/// Keeps blocks by (field, number), the least recently used first to go. Several threads may ask at
/// once; two that miss the same block both decode it, and one result is kept.
class block_cache {
 public:
  explicit block_cache(index_t limit) : limit_(limit) {}

  /// The block, decoded by `source` if it is not here. Throws what decoding throws.
  [[nodiscard]] frame_block get(std::size_t field, const field_source& source, index_t block);

 private:
  using key = std::pair<std::size_t, index_t>;
  struct entry {
    key name;
    frame_block value;
  };

  [[nodiscard]] bool find(const key& name, frame_block& out);
  void insert(const key& name, const frame_block& value);

  index_t limit_;
  index_t bytes_ = 0;
  std::list<entry> entries_;  ///< most recently used first
  std::map<key, std::list<entry>::iterator> places_;
  std::mutex mutex_;
};

}  // namespace flowkit::policy::detail
