// Scratch memory of an algorithm: an arena that is sized once and rewound each step.
#pragma once

#include <flowkit/backend/tensor.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace flowkit {

/// Hands out uninitialised scratch views that stay valid until the arena is rewound past them.
/// Grows by further blocks while it is new; when it is empty again, the next use replaces them by
/// one block that holds everything, so a warmed-up loop allocates nothing. With FLOWKIT_CHECKS 2 a
/// rewind fills the released memory with NaN, so that reading stale scratch shows.
template <class B>
class workspace {
 public:
  /// A position to rewind to.
  struct mark {
    std::size_t block = 0;
    index_t used = 0;
  };

  explicit workspace(B& be) : be_(&be) {}
  /// Reserves `bytes` at once. Throws invalid_input for a number that cannot exist. Allocates.
  workspace(B& be, index_t bytes) : be_(&be) {
    add_block(detail::allocatable_size<std::byte>(extents<1>{bytes}));
  }

  /// Scratch of the given shape; element type U is the backend's scalar by default.
  /// Throws invalid_input for a shape that cannot exist. Allocates only while the arena has never
  /// been as full before.
  template <std::size_t R, class U = typename B::value_type>
  [[nodiscard]] view_of<B, R, U> take(const extents<R>& shape) {
    const index_t size = detail::allocatable_size<U>(shape);
    const index_t bytes = round_up(size * static_cast<index_t>(sizeof(U)));
    return {reinterpret_cast<U*>(take_bytes(bytes)), shape};
  }

  [[nodiscard]] mark position() const {
    return blocks_.empty() ? mark{} : mark{current_, blocks_[current_].used};
  }

  /// Releases everything taken since `to`.
  void rewind(mark to = {}) {
    for (std::size_t i = to.block; i < blocks_.size(); ++i) {
      const index_t kept = i == to.block ? to.used : 0;
      poison(blocks_[i], kept);
      blocks_[i].used = kept;
    }
    current_ = to.block;
  }

  /// Bytes held, used or not.
  [[nodiscard]] index_t capacity() const {
    index_t total = 0;
    for (const auto& b : blocks_) total += b.memory.size();
    return total;
  }

  [[nodiscard]] B& backend() const { return *be_; }

 private:
  static constexpr index_t alignment = 64;
  static constexpr index_t smallest_block = index_t{1} << 16;

  struct block {
    buffer<std::byte, typename B::space> memory;
    index_t used = 0;
    index_t highest = 0;
  };

  static constexpr index_t round_up(index_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  }

  void add_block(index_t bytes) {
    const index_t size = std::max({round_up(bytes), smallest_block, capacity()});
    blocks_.push_back({be_->template allocate<std::byte>(size), 0, 0});
  }

  std::byte* take_bytes(index_t bytes) {
    if (blocks_.empty()) add_block(bytes);
    if (blocks_.size() > 1 && current_ == 0 && blocks_[0].used == 0) merge();
    while (blocks_[current_].used + bytes > blocks_[current_].memory.size()) {
      if (current_ + 1 == blocks_.size()) add_block(bytes);
      ++current_;
    }
    block& b = blocks_[current_];
    std::byte* out = b.memory.data() + b.used;
    b.used += bytes;
    b.highest = std::max(b.highest, b.used);
    return out;
  }

  void merge() {
    const index_t total = capacity();
    be_->synchronize();
    blocks_.clear();
    add_block(total);
  }

  void poison([[maybe_unused]] block& b, [[maybe_unused]] index_t from) {
#if FLOWKIT_CHECKS > 1
    using T = typename B::value_type;
    const index_t count = (b.highest - from) / static_cast<index_t>(sizeof(T));
    if (count <= 0) return;
    view_of<B, 1> stale{reinterpret_cast<T*>(b.memory.data() + from), extents<1>{count}};
    be_->fill(stale, std::numeric_limits<T>::quiet_NaN());
    b.highest = from;
#endif
  }

  B* be_;
  std::vector<block> blocks_;
  std::size_t current_ = 0;
};

/// Rewinds a workspace to where it stood, at the end of a scope.
template <class B>
class scratch_scope {
 public:
  explicit scratch_scope(workspace<B>& ws) : ws_(&ws), start_(ws.position()) {}
  scratch_scope(const scratch_scope&) = delete;
  scratch_scope& operator=(const scratch_scope&) = delete;
  ~scratch_scope() { ws_->rewind(start_); }

 private:
  workspace<B>* ws_;
  typename workspace<B>::mark start_;
};

}  // namespace flowkit
