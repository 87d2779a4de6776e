#include <flowkit/backend/replay.hpp>
#include <flowkit/core/error.hpp>

namespace flowkit::detail {

void refuse_transfers(const unrecordable_work& before, const unrecordable_work& after) {
  const index_t uploads = after.uploads - before.uploads;
  const index_t downloads = after.downloads - before.downloads;
  // Scratch that grows waits once; a wait of the function itself shows in the next call.
  const bool grew = after.allocations != before.allocations;
  const index_t waits = grew ? 0 : after.waits - before.waits;
  if (uploads == 0 && downloads == 0 && waits == 0) return;
  throw backend_error(
      "replay operations",
      text("they upload ", uploads, " times, download ", downloads, " times and wait ", waits,
           " times, which a replay would leave out; upload before them and download after them, or "
           "run them as a single_launch, which calls them every time"));
}

}  // namespace flowkit::detail
