// A promise that numbers stay as they are, and the copies that a host backend keeps meanwhile.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/backends/host_kernels.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace flowkit {
namespace detail {

/// Bytes [first, last).
struct byte_range {
  const std::byte* first;
  const std::byte* last;

  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// Layouts of copies.
enum class held_layout : index_t {
  panels,             ///< of the product kernel of `eigen`
  transposed_panels,  ///< the same of the transposed matrix
  dense,              ///< rows in the format of operands
  columns,            ///< parts of a few columns, each of them dense
  primitive,          ///< from here on, the layouts that primitives ask for
};

/// What tells prepared copies apart: a matrix in memory, whose rows lie `step` elements apart, and
/// the layout of the copy, a `held_layout`.
struct copied_matrix {
  const void* data;
  index_t rows;
  index_t columns;
  index_t step;
  index_t element_size;
  index_t layout;

  [[nodiscard]] byte_range bytes() const;
  // NOLINTNEXTLINE(modernize-use-nullptr): finds the zero that the comparison itself stands on
  friend auto operator<=>(const copied_matrix&, const copied_matrix&) = default;
};

/// The held ranges of a backend object, and copies of matrices in them. Not for use by several
/// threads.
class held_copies {
 public:
  void add(const byte_range& values) { ranges_.push_back(values); }
  /// Takes one such range back, and frees the copies that no other range covers.
  void remove(const byte_range& values);

  /// The copy of a matrix that lies within one range, of so many bytes, aligned to 64 bytes; null
  /// for other matrices. make(std::byte* copy) fills it when it is asked for first: allocates.
  template <class F>
  [[nodiscard]] const std::byte* copy_of(const copied_matrix& m, index_t bytes, const F& make) {
    if (!covers(m)) return nullptr;
    auto found = copies_.find(m);
    if (found == copies_.end()) {
      memory copy{static_cast<std::byte*>(allocate_host(bytes)), bytes, free_host, nullptr};
      make(copy.data());
      found = copies_.emplace(m, std::move(copy)).first;
    }
    return found->second.data();
  }

  /// Bytes of all copies.
  [[nodiscard]] index_t bytes() const;

 private:
  using memory = buffer<std::byte, host_space>;

  [[nodiscard]] bool covers(const copied_matrix& m) const;

  std::vector<byte_range> ranges_;
  std::map<copied_matrix, memory> copies_;
};

}  // namespace detail

/// Holds numbers of a host backend: the promise lasts until the object ends. Movable. The numbers
/// must outlive it; the backend need not. With FLOWKIT_CHECKS its end checks that they did not
/// change.
class held_values {
 public:
  held_values(std::shared_ptr<detail::held_copies> by, const detail::byte_range& values);
  held_values(held_values&&) noexcept = default;
  held_values& operator=(held_values&& other) noexcept;
  held_values(const held_values&) = delete;
  held_values& operator=(const held_values&) = delete;
  ~held_values() { release(); }

 private:
  void release();

  std::shared_ptr<detail::held_copies> by_;  // null after a move
  detail::byte_range values_;
  std::uint64_t checksum_;  // of the values, where it is checked
};

}  // namespace flowkit
