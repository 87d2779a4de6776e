// Fuzz target: .npy headers, reordering of Fortran arrays, conversion of the values.
#include <flowkit/core/error.hpp>
#include <flowkit/io/npy.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)flowkit::parse_npy(std::as_bytes(std::span(data, size)), "fuzz").converted<double>();
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  return 0;
}
