// Selective flow alignment: an expert's chunk where an expert did the same in the same situation.
#pragma once

#include <flowkit/align/frame.hpp>

#include <limits>

namespace flowkit {

/// Which expert windows a pair is compared with.
enum class alignment_search {
  all_windows,
  own_window,  ///< only the one whose observation the pair was generated for; others are kept
};

/// Selective alignment (SeFA; Xue et al. 2025). Of all expert windows whose chunk is nearer than
/// `action_radius` (mean over steps of the Euclidean distance), the one whose observation feature
/// is nearest to the pair's condition replaces the generated chunk, if that feature distance
/// (Euclidean) is below `feature_radius`. Both comparisons are strict; of equal feature distances
/// the lower row of the index wins; a chunk that equals its candidate is reported as identical.
struct selective_alignment {
  double action_radius = 0.1;    ///< in units of the chunks
  double feature_radius = 1e-3;  ///< in units of the features
  alignment_search search = alignment_search::all_windows;

  template <SearchBackend B>
  alignment_report operator()(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                              view_of<B, 2> aligned, workspace<B>& ws) const {
    FLOWKIT_VALIDATE(action_radius >= 0 && feature_radius >= 0, "selective alignment with radii ",
                     action_radius, " (action) and ", feature_radius,
                     " (feature): distances are not negative; 0 keeps every pair");
    return detail::align_by(be, c, index, aligned, ws, [&](std::span<const row_t> own) {
      return search == alignment_search::all_windows ? among_all(be, c, index, ws)
                                                     : among_own(be, c, index, own, ws);
    });
  }

 private:
  template <class B>
  std::vector<alignment_decision> among_all(B& be, const coupling_view<B>& c,
                                            const expert_index<B>& index, workspace<B>& ws) const {
    using T = typename B::value_type;
    const scratch_scope scope(ws);
    const view_of<B, 1, row_t> row = ws.template take<1, row_t>(extents<1>{c.size()});
    const view_of<B, 1> distance = ws.take(extents<1>{c.size()});
    const view_of<B, 1> feature = ws.take(extents<1>{c.size()});
    const search_radius<T> within{bounded(action_radius, T{}), index.steps};
    be.nearest_within(within, c.x1, index.chunks, c.condition, index.window_features, row, distance,
                      feature);
    auto decisions = decide<T>(detail::fetch<B, row_t>(be, row), detail::fetch<B, T>(be, distance),
                               detail::fetch<B, T>(be, feature));
    keep_expert_chunks(be, c, index, decisions, ws);
    return decisions;
  }

  /// Keeps pairs whose chunk is an expert's already. Only those about to be replaced that equal
  /// some expert's chunk are searched, with a radius that admits equal chunks alone.
  template <class B>
  void keep_expert_chunks(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                          std::vector<alignment_decision>& decisions, workspace<B>& ws) const {
    using T = typename B::value_type;
    const scratch_scope scope(ws);
    const std::vector<row_t> pairs =
        equal_to_some(be, c, index, detail::replaced_pairs(decisions), ws);
    const auto found = search_equal(be, c, index, pairs, ws);
    const std::vector<row_t> windows = detail::fetch<B, row_t>(be, found.row);
    const std::vector<T> features = detail::fetch<B, T>(be, found.feature);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double from_own = static_cast<double>(features[i]);
      if (windows[i] < 0 || !(from_own < feature_radius)) continue;
      decisions[static_cast<std::size_t>(pairs[i])] = {alignment_reason::identical, windows[i], 0,
                                                       from_own};
    }
  }

  /// Those of the pairs whose chunk is at distance 0 from its nearest expert chunk.
  template <class B>
  static std::vector<row_t> equal_to_some(B& be, const coupling_view<B>& c,
                                          const expert_index<B>& index,
                                          const std::vector<row_t>& pairs, workspace<B>& ws) {
    using T = typename B::value_type;
    const extents<2> shape{static_cast<index_t>(pairs.size()), 1};
    const view_of<B, 2, row_t> row = ws.template take<2, row_t>(shape);
    const view_of<B, 2> squared = ws.take(shape);
    be.nearest(gathered(be, c.x1, pairs, ws), index.chunks, row, squared);
    const std::vector<T> distance = detail::fetch<B, T>(be, flatten(squared));
    std::vector<row_t> equal;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (distance[i] == T(0)) equal.push_back(pairs[i]);
    }
    return equal;
  }

  template <class B>
  struct equal_window {
    view_of<B, 1, row_t> row;
    view_of<B, 1> feature;
  };

  template <class B>
  static equal_window<B> search_equal(B& be, const coupling_view<B>& c,
                                      const expert_index<B>& index, const std::vector<row_t>& pairs,
                                      workspace<B>& ws) {
    using T = typename B::value_type;
    const extents<1> count{static_cast<index_t>(pairs.size())};
    const equal_window<B> out{ws.template take<1, row_t>(count), ws.take(count)};
    be.nearest_within({std::numeric_limits<T>::min(), index.steps}, gathered(be, c.x1, pairs, ws),
                      index.chunks, gathered(be, c.condition, pairs, ws), index.window_features,
                      out.row, ws.take(count), out.feature);
    return out;
  }

  template <class B>
  static const_view_of<B, 2> gathered(B& be, const_view_of<B, 2> x,
                                      const std::vector<row_t>& chosen, workspace<B>& ws) {
    const auto count = static_cast<index_t>(chosen.size());
    const view_of<B, 1, row_t> row = ws.template take<1, row_t>(extents<1>{count});
    const view_of<B, 2> y = ws.take(extents<2>{count, x.shape()[1]});
    be.upload(row, std::span<const row_t>(chosen));
    be.gather_rows(x, row, y);
    return y;
  }

  template <class B>
  std::vector<alignment_decision> among_own(B& be, const coupling_view<B>& c,
                                            const expert_index<B>& index,
                                            std::span<const row_t> own, workspace<B>& ws) const {
    const scratch_scope scope(ws);
    std::vector<row_t> to(own.begin(), own.end());
    std::replace(to.begin(), to.end(), row_t{-1}, row_t{0});
    const expert_index<B> features{index.window_features, index.window_features};
    std::vector<double> distance = detail::distances_to(be, c.x1, index, to, ws);
    std::vector<double> feature = detail::distances_to(be, c.condition, features, to, ws);
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (own[i] < 0 || !(distance[i] < action_radius)) to[i] = -1;
    }
    return decide<double>(to, distance, feature);
  }

  template <class T>
  std::vector<alignment_decision> decide(std::span<const row_t> row, std::span<const T> distance,
                                         std::span<const T> feature) const {
    std::vector<alignment_decision> decisions(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] < 0) continue;
      decisions[i] = {reason(distance[i], feature[i]), row[i], distance[i], feature[i]};
    }
    return decisions;
  }

  [[nodiscard]] alignment_reason reason(double distance, double feature) const {
    if (!(feature < feature_radius)) return alignment_reason::no_expert_feature;
    return distance == 0 ? alignment_reason::identical : alignment_reason::replaced;
  }

  /// The radius in the backend's scalar; an infinite one stays finite when it is squared.
  template <class T>
  static T bounded(double radius, T) {
    return static_cast<T>(std::min(radius, 1e15));
  }
};

}  // namespace flowkit
