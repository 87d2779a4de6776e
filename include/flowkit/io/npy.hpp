// NumPy .npy files: one array with its element type and shape.
#pragma once

#include <flowkit/io/array.hpp>

#include <string>

namespace flowkit {

/// Reads the bytes of a .npy file of version 1, 2 or 3 (NumPy enhancement proposal 1).
///
/// Accepts little-endian booleans, integers and floats in C order or Fortran order (which is
/// reordered: the result is row-major). Object and structured types are refused and nothing is ever
/// evaluated. The size is compared with the bytes at hand before memory is reserved. Throws
/// file_error with `source` as the path. Allocates.
[[nodiscard]] array parse_npy(byte_view bytes, const std::string& source);

/// Reads a .npy file. Throws file_error.
[[nodiscard]] array read_npy(const std::string& path);

/// Replaces `path` atomically by a .npy file (version 1, C order). `value` may be made with
/// `as_array(numbers, {rows, columns})`.
void write_npy(const std::string& path, const array_view& value);

namespace detail {
/// Magic, version and header of the .npy file of such an array; the data follow it.
[[nodiscard]] std::string npy_header(const array_view& value);
}  // namespace detail

}  // namespace flowkit
