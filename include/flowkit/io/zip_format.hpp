// Numbers of the zip format (PKWARE APPNOTE 6.3, sections 4.3 and 4.4), shared by reader and
// writer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flowkit {

/// How an entry lies in the archive; the values are those of the format.
enum class zip_method : std::uint16_t { stored = 0, deflated = 8 };

namespace detail::zip {

// Signatures and fixed sizes of the records.
inline constexpr std::uint32_t local_signature = 0x04034b50;
inline constexpr std::uint32_t directory_signature = 0x02014b50;
inline constexpr std::uint32_t end_signature = 0x06054b50;
inline constexpr std::uint32_t end64_signature = 0x06064b50;
inline constexpr std::uint32_t locator64_signature = 0x07064b50;
inline constexpr std::size_t directory_bytes = 46;
inline constexpr std::size_t end_bytes = 22;
inline constexpr std::size_t end64_bytes = 56;
inline constexpr std::size_t locator64_bytes = 20;
inline constexpr std::size_t comment_limit = 0xFFFF;

inline constexpr std::uint16_t zip64_extra = 0x0001;
inline constexpr std::uint16_t zip64_version = 45;
inline constexpr std::uint16_t flag_encrypted = 0x0001;
inline constexpr std::uint16_t flag_descriptor =
    0x0008;  // sizes follow the data instead of preceding it
inline constexpr std::uint16_t flag_utf8 = 0x0800;
inline constexpr std::uint16_t first_date = 0x0021;  // 1 January 1980
inline constexpr std::uint16_t wide16 = 0xFFFF;      // "the value stands in the zip64 record"
inline constexpr std::uint32_t wide32 = 0xFFFFFFFF;

}  // namespace detail::zip
}  // namespace flowkit
