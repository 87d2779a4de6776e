// Which of the recorded modes an end point belongs to, and how the modes divide.
#pragma once

#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>

#include <span>
#include <vector>

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

/// The windows nearest in observation to windows that pairs were generated for, ascending.
struct nearest_windows {
  std::vector<row_t> windows;  ///< of the lists, ascending
  std::vector<row_t> lists;    ///< [windows, count]; -1 ends one
  index_t count = 0;

  /// The list of one of the windows.
  [[nodiscard]] std::span<const row_t> of(row_t window) const;
};

/// The windows of the pairs, ascending, each once.
[[nodiscard]] std::vector<row_t> windows_of_pairs(const couplings_view& v);

/// Of the windows near its own, at most 16 that do not overlap each other are compared with an end
/// point.
[[nodiscard]] mode_balance balance_of(const couplings_view& v, const mode_chunks& chunks,
                                      const nearest_windows& near);

}  // namespace flowkit::policy::detail
