// Fuzz target: data sets in zip archives and .npz files, told apart by their entries.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/demonstrations.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr flowkit::policy::demonstration_options small{
      .cache_bytes = 1 << 20, .resident_bytes = 1 << 20, .block_bytes = 1 << 20};
  constexpr flowkit::index_t frames_read = 1000;
  try {
    const flowkit::policy::demonstrations read(std::as_bytes(std::span(data, size)), "fuzz", small);
    const flowkit::policy::frame_range some{0, std::min(read.frames(), frames_read)};
    for (std::size_t i = 0; i < read.fields().size(); ++i) {
      read.visit(i, some, [](flowkit::byte_view) {});
    }
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  return 0;
}
