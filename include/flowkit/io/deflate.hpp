// Raw deflate streams (RFC 1951) and their checksum, as zip archives hold them.
#pragma once

#include <flowkit/io/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace flowkit {

/// The pieces, one after another, as one raw deflate stream. *Allocates.*
[[nodiscard]] std::vector<std::byte> deflate_raw(std::initializer_list<byte_view> pieces);

/// Inflates a whole raw deflate stream into `to`, whose content it replaces.
///
/// Stream and output must end together after exactly `size` bytes; throws invalid_input otherwise.
/// The output grows with what comes out, so a `size` that lies costs no memory. *Allocates.*
void inflate_raw(byte_view from, std::size_t size, std::vector<std::byte>& to);

/// CRC-32 of the pieces, one after another (polynomial of ISO 3309).
[[nodiscard]] std::uint32_t crc32_of(std::span<const byte_view> pieces);
[[nodiscard]] std::uint32_t crc32_of(std::initializer_list<byte_view> pieces);

}  // namespace flowkit
