#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/modes.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace flowkit::policy {
namespace {

/// Sum of the counts, which it checks.
index_t total_of(std::span<const mode_count> counts) {
  index_t total = 0;
  std::set<std::string_view> names;
  for (const mode_count& entry : counts) {
    FLOWKIT_VALIDATE(entry.count >= 0, "mode \"", entry.mode, "\" has ", entry.count,
                     " episodes: counts are not negative");
    FLOWKIT_VALIDATE(names.insert(entry.mode).second, "mode \"", entry.mode,
                     "\" is listed twice: add its counts");
    total += entry.count;
  }
  return total;
}

}  // namespace

void count_mode(mode_counts& counts, std::string_view mode) {
  if (mode.empty()) return;
  const auto at =
      std::lower_bound(counts.begin(), counts.end(), mode,
                       [](const mode_count& c, std::string_view name) { return c.mode < name; });
  if (at != counts.end() && at->mode == mode) {
    ++at->count;
  } else {
    counts.insert(at, {std::string(mode), 1});
  }
}

double mode_share(std::span<const mode_count> counts, std::string_view mode) {
  index_t total = 0;
  index_t found = 0;
  for (const mode_count& entry : counts) {
    total += entry.count;
    if (entry.mode == mode) found += entry.count;
  }
  return total > 0 ? static_cast<double>(found) / static_cast<double>(total) : 0;
}

mode_coverage coverage_of(std::span<const mode_count> method,
                          std::span<const mode_count> reference) {
  if (total_of(method) == 0 || total_of(reference) == 0) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  mode_coverage out{.overlap = 0, .least_ratio = 1};
  for (const mode_count& entry : reference) {
    const double wanted = mode_share(reference, entry.mode);
    const double found = mode_share(method, entry.mode);
    out.overlap += std::min(wanted, found);
    if (wanted > 0) out.least_ratio = std::min(out.least_ratio, found / wanted);
  }
  return out;
}

}  // namespace flowkit::policy
