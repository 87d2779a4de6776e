// Plain reflow: every generated end point is kept.
#pragma once

#include <flowkit/align/frame.hpp>

namespace flowkit {

/// Keeps all pairs as they were generated (Liu et al. 2023) and reports how far they are from the
/// experts.
struct identity_alignment {
  template <SearchBackend B>
  alignment_report operator()(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                              view_of<B, 2> aligned, workspace<B>& ws) const {
    return detail::align_by(be, c, index, aligned, ws, [](std::span<const row_t> own) {
      return std::vector<alignment_decision>(own.size());
    });
  }
};

}  // namespace flowkit
