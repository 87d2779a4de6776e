// Fuzz target: JSON documents; what is accepted must survive being written and read again.
#include <flowkit/io/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

/// Whether writing and reading again gives the same text. A throw from here ends the program, so it
/// cannot pass for a refusal of the input.
bool survives(const flowkit::json_value& document) noexcept {
  const std::string once = flowkit::to_json(document);
  return flowkit::to_json(flowkit::parse_json(once)) == once;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (!survives(flowkit::parse_json(text))) std::abort();
  } catch (const flowkit::json_error&) {  // refused, as it should be
  }
  return 0;
}
