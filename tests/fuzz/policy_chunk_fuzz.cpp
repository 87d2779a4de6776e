// Fuzz target: compressed chunks. The first byte chooses the compressor, the next two the size.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/compressor.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using flowkit::policy::compression;
  if (size < 3) return 0;
  const flowkit::policy::compressor how{static_cast<compression>(data[0] % 4)};
  const flowkit::index_t bytes = data[1] + 256 * data[2];
  try {
    (void)decompress(how, {std::as_bytes(std::span(data + 3, size - 3)), nullptr}, bytes);
  } catch (const flowkit::invalid_input&) {  // refused, as it should be
  }
  return 0;
}
