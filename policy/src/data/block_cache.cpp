#include "data/block_cache.hpp"

namespace flowkit::policy::detail {

frame_block block_cache::get(std::size_t field, const field_source& source, index_t block) {
  const key name{field, block};
  frame_block out;
  if (find(name, out)) return out;
  out = source.load(block);
  insert(name, out);
  return out;
}

bool block_cache::find(const key& name, frame_block& out) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(name);
  if (place == places_.end()) return false;
  entries_.splice(entries_.begin(), entries_, place->second);
  out = entries_.front().value;
  return true;
}

void block_cache::insert(const key& name, const frame_block& value) {
  const std::lock_guard lock(mutex_);
  if (places_.count(name) != 0) return;
  entries_.push_front({name, value});
  places_[name] = entries_.begin();
  bytes_ += static_cast<index_t>(value.bytes.size());
  while (bytes_ > limit_ && entries_.size() > 1) {
    bytes_ -= static_cast<index_t>(entries_.back().value.bytes.size());
    places_.erase(entries_.back().name);
    entries_.pop_back();
  }
}

}  // namespace flowkit::policy::detail
