// Numbers in bytes of any element type.
#pragma once

#include <flowkit/io/array.hpp>

#include <span>

namespace flowkit::policy::detail {

/// Converts packed elements to T; `out` is as long as the elements. Throws invalid_input for a
/// value that an integer T cannot hold.
template <class T>
void convert_elements(dtype type, byte_view bytes, std::span<T> out);

/// One element as little-endian bytes. Throws invalid_input if `type` cannot hold `value`.
[[nodiscard]] std::vector<std::byte> element_bytes(dtype type, double value);
[[nodiscard]] std::vector<std::byte> element_bytes(dtype type, std::int64_t value);

}  // namespace flowkit::policy::detail
