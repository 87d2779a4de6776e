// Fuzz target: configurations; a value that is accepted must survive being written and read again.
#include <flowkit/policy/run/toml.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

/// A throw from here ends the program, so it cannot pass for a refusal of the input.
bool survives(const flowkit::json_value& value) noexcept {
  const std::string once = flowkit::policy::to_toml(value);
  const auto again = flowkit::policy::parse_toml("x = " + once);
  return again.size() == 1 && flowkit::policy::to_toml(again[0].value) == once;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const flowkit::policy::toml_entry& entry : flowkit::policy::parse_toml(text)) {
      if (!survives(entry.value)) std::abort();
    }
  } catch (const flowkit::invalid_input&) {  // refused, as it should be
  }
  return 0;
}
