// Multimodal behaviour: how much of what experts do does a policy still do?
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// How many episodes went one way, e.g. {"left", 31}.
struct mode_count {
  std::string mode;
  index_t count = 0;

  friend bool operator==(const mode_count&, const mode_count&) = default;
};

/// Counts by mode, sorted by name.
using mode_counts = std::vector<mode_count>;

/// Adds one episode of a mode. An empty name means that the episode decided for none: not counted.
void count_mode(mode_counts& counts, std::string_view mode);

/// Share of all counts; 0 for modes that do not occur.
[[nodiscard]] double mode_share(std::span<const mode_count> counts, std::string_view mode);

/// How well one distribution over modes covers a reference, e.g. the experts'.
///
/// With p the reference and q the method, both over the episodes that decided for a mode:
///   overlap     = sum over modes of min(p, q) = 1 - total variation distance(p, q)
///   least_ratio = least of min(1, q / p) over the modes with p > 0
/// Both are 1 for equal distributions. A policy that has forgotten one of two equal modes has
/// overlap 0.5 and least_ratio 0. Failure is no lost mode: success is reported beside it.
/// Sampling alone keeps overlap below 1: by about sqrt(2 / (pi n)) / 2 for two equal modes and n
/// episodes, when the reference is exact.
struct mode_coverage {
  double overlap = 0;
  double least_ratio = 0;
};

/// Coverage of the reference; NaN if either has no counts. Throws invalid_input for negative counts
/// and for a mode that is listed twice.
[[nodiscard]] mode_coverage coverage_of(std::span<const mode_count> method,
                                        std::span<const mode_count> reference);

}  // namespace flowkit::policy
