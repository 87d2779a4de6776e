// Text in UTF-8 (RFC 3629), as files from outside may or may not hold it.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flowkit::detail {

/// Bytes of the character at the front of `text`, which is not empty; 0 if it is malformed
/// (overlong forms, surrogates and values above U+10FFFF included).
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// Length of the valid UTF-8 at the front; text.size() if all of it is.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// Appends the character with this code point, at most U+10FFFF. *Allocates* as strings do.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace flowkit::detail
