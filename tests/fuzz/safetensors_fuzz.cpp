// Fuzz target: safetensors headers, and conversion of every tensor that they admit.
#include <flowkit/core/error.hpp>
#include <flowkit/io/safetensors.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const auto& tensor : flowkit::parse_safetensors(bytes, "fuzz").tensors) {
      (void)tensor.value.converted<double>();
    }
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  return 0;
}
