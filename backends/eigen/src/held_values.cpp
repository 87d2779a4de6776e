#include <flowkit/backends/held_values.hpp>
#include <flowkit/core/assert.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace flowkit {
namespace {

/// FNV-1a over words; values are floats or doubles.
[[maybe_unused]] std::uint64_t checksum_of(const detail::byte_range& values) {
  std::uint64_t sum = 0xCBF29CE484222325U;
  for (const std::byte* at = values.first; at != values.last; at += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    sum = (sum ^ word) * 0x100000001B3U;
  }
  return sum;
}

bool within(const detail::byte_range& inner, const detail::byte_range& outer) {
  return inner.first >= outer.first && inner.last <= outer.last;
}

}  // namespace

namespace detail {

byte_range copied_matrix::bytes() const {
  const auto* const first = static_cast<const std::byte*>(data);
  return {first, first + ((rows - 1) * step + columns) * element_size};
}

void held_copies::remove(const byte_range& values) {
  ranges_.erase(std::find(ranges_.begin(), ranges_.end(), values));
  std::erase_if(copies_, [&](const auto& copy) { return !covers(copy.first); });
}

bool held_copies::covers(const copied_matrix& m) const {
  if (ranges_.empty() || m.rows == 0 || m.columns == 0) return false;
  const byte_range bytes = m.bytes();
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const byte_range& r) { return within(bytes, r); });
}

index_t held_copies::bytes() const {
  index_t sum = 0;
  for (const auto& [matrix, copy] : copies_) sum += copy.size();
  return sum;
}

}  // namespace detail

held_values::held_values(std::shared_ptr<detail::held_copies> by, const detail::byte_range& values)
    : by_(std::move(by)), values_(values), checksum_(FLOWKIT_CHECKS > 0 ? checksum_of(values) : 0) {
  by_->add(values);
}

held_values& held_values::operator=(held_values&& other) noexcept {
  if (this == &other) return *this;
  release();
  by_ = std::move(other.by_);
  values_ = other.values_;
  checksum_ = other.checksum_;
  return *this;
}

void held_values::release() {
  if (!by_) return;
  // Held values have changed: what was computed meanwhile may stem from the old ones.
  FLOWKIT_EXPECT(checksum_of(values_) == checksum_);
  by_->remove(values_);
  by_.reset();
}

}  // namespace flowkit
