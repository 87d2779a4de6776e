// Which of the recorded modes an end point belongs to, and how the modes divide.
#pragma once

#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>

namespace flowkit::policy::detail {

/// Whether any window has a mode.
[[nodiscard]] bool has_modes(const couplings_view& v);

/// Chunks in one unit, on the host: those of the experts [W, d] and of the pairs [n, d].
struct mode_chunks {
  std::span<const float> experts;
  std::span<const float> before;
  std::span<const float> after;
  index_t steps = 1;
};

/// `near` lists for every window, ascending, the `count` windows nearest in observation (-1 ends
/// it). Of those, at most 16 that do not overlap each other are compared with an end point.
[[nodiscard]] mode_balance balance_of(const couplings_view& v, const mode_chunks& chunks,
                                      std::span<const row_t> near, index_t count);

}  // namespace flowkit::policy::detail
