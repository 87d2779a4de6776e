// Fuzz target: .zarray documents, which must survive being written and read again.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto first = flowkit::policy::parse_zarray(text);
    if (first.shape != flowkit::policy::parse_zarray(to_zarray(first)).shape) std::abort();
  } catch (const flowkit::invalid_input&) {  // refused, as it should be
  }
  return 0;
}
