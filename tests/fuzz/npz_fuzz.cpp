// Fuzz target: zip directories, inflating, and the arrays inside.
#include <flowkit/core/error.hpp>
#include <flowkit/io/npz.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)flowkit::parse_npz(std::as_bytes(std::span(data, size)), "fuzz");
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  return 0;
}
