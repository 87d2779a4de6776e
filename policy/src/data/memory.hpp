// Memory for decoded bytes, without clearing it first.
#pragma once

#include <flowkit/policy/data/store.hpp>

#include <memory>
#include <span>

namespace flowkit::policy::detail {

/// Bytes that will be written once and then shared read-only.
struct fresh_bytes {
  explicit fresh_bytes(std::size_t size)
      : memory(new std::byte[size], std::default_delete<std::byte[]>()),
        bytes(memory.get(), size) {}

  [[nodiscard]] blob share() const { return {bytes, memory}; }

  std::shared_ptr<std::byte[]> memory;
  std::span<std::byte> bytes;
};

}  // namespace flowkit::policy::detail
