// Replacement by the nearest expert chunk, whatever was observed.
#pragma once

#include <flowkit/align/frame.hpp>

#include <cmath>
#include <limits>

namespace flowkit {

/// Replaces every end point by the expert chunk nearest in Euclidean distance of whole chunks, if
/// that distance is below `radius`. The limit of selective alignment without a feature test: it
/// removes what no expert did, and with it whatever the observation asked for.
struct nearest_alignment {
  double radius = std::numeric_limits<double>::infinity();  ///< of whole chunks, strict

  template <SearchBackend B>
  alignment_report operator()(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                              view_of<B, 2> aligned, workspace<B>& ws) const {
    FLOWKIT_VALIDATE(radius >= 0, "nearest alignment with radius ", radius,
                     ": a distance is not negative; 0 keeps every pair");
    return detail::align_by(be, c, index, aligned, ws,
                            [&](std::span<const row_t>) { return decide(be, c, index, ws); });
  }

 private:
  template <class B>
  std::vector<alignment_decision> decide(B& be, const coupling_view<B>& c,
                                         const expert_index<B>& index, workspace<B>& ws) const {
    using T = typename B::value_type;
    const scratch_scope scope(ws);
    const view_of<B, 2, row_t> row = ws.template take<2, row_t>(extents<2>{c.size(), 1});
    const view_of<B, 2> squared = ws.take(extents<2>{c.size(), 1});
    be.nearest(c.x1, index.chunks, row, squared);
    const std::vector<row_t> rows = detail::fetch<B, row_t>(be, flatten(row));
    const std::vector<T> distances = detail::fetch<B, T>(be, flatten(squared));
    std::vector<alignment_decision> decisions(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double distance = std::sqrt(static_cast<double>(distances[i]));
      decisions[i] = {reason(rows[i], distance), rows[i], distance, -1};
    }
    return decisions;
  }

  [[nodiscard]] alignment_reason reason(row_t row, double distance) const {
    if (row < 0 || !(distance < radius)) return alignment_reason::no_expert_action;
    return distance == 0 ? alignment_reason::identical : alignment_reason::replaced;
  }
};

}  // namespace flowkit
