// Selective alignment whose radius comes from the expert set itself.
#pragma once

#include <flowkit/align/expert_metric.hpp>
#include <flowkit/align/frame.hpp>
#include <flowkit/align/neighbourhood.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit {

/// What happens to a chunk that is near enough to an expert's.
enum class alignment_move {
  replace,  ///< it becomes the expert's chunk
  pull,     ///< it moves towards it by 2^-(d / radius)^2 of the way
};

/// Alignment whose radius follows from the pair and the experts around it. Around each pair's
/// condition the nearest expert windows (in whitened features, none overlapping another) are
/// collected; distances are in units of the experts' own spread per action dimension. A flow errs
/// in any direction, so a chunk of the own window's way of acting is about as far from its
/// neighbours' chunks as from its own; a chunk of another way, or between two ways, is nearer to
/// others. Hence a chunk becomes that of its own window, unless the distance to it is more than
/// `separation` times the distance to the nearest neighbour's (or the neighbours' spacing, if that
/// is larger). Any other becomes its nearest neighbour's if it is as near as neighbours are to each
/// other, scale * spacing, and stays as it is otherwise. No radius is in units of a task. Laws:
/// rescaling an action or feature dimension changes no decision; row order matters for ties only;
/// every pair is decided as if it were alone; idempotent when it replaces.
struct adaptive_alignment {
  index_t neighbours = 16;
  double quantile = 0.8;    ///< of the neighbours' nearest distances
  double scale = 1;         ///< spacings that a chunk of another way may be from its neighbour's
  double separation = 1.5;  ///< times as near to another's chunk, a chunk is not of the own way
  alignment_move move = alignment_move::replace;
  whitening_options features = {};

  template <SearchBackend B>
  alignment_report operator()(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                              view_of<B, 2> aligned, workspace<B>& ws) const {
    FLOWKIT_VALIDATE(
        neighbours >= 2 && quantile > 0 && quantile <= 1 && scale >= 0 && separation >= 1,
        "adaptive alignment with ", neighbours, " neighbours, quantile ", quantile, ", scale ",
        scale, " and separation ", separation,
        ": needs at least 2 neighbours, a quantile in (0, 1], a scale >= 0, a separation >= 1");
    std::vector<double> weights;
    const auto decide = [&](std::span<const row_t> own) {
      return decisions(be, c, index, own, weights, ws);
    };
    if (move == alignment_move::replace) {
      return detail::align_by(be, c, index, aligned, ws, decide);
    }
    return detail::align_by(be, c, index, aligned, ws, decide, [&](const auto& decided) {
      detail::pull_to_experts(be, decided, weights, index, aligned, ws);
    });
  }

 private:
  template <class B>
  std::vector<alignment_decision> decisions(B& be, const coupling_view<B>& c,
                                            const expert_index<B>& index,
                                            std::span<const row_t> own,
                                            std::vector<double>& weights, workspace<B>& ws) const {
    const expert_metric<B> metric(be, index, features, neighbours, ws);
    const std::vector<double> generated = metric.scaled_chunks(be, c.x1);
    const chunk_set experts{metric.experts(), c.x1.shape()[1], index.steps};
    const detail::fetched_rows<B> conditions(be, c.condition);
    const std::vector<row_t> firsts = first_of_equals(conditions, own);
    const detail::fetched_rows<B> observations(be, index.window_features);
    const auto known = [&](row_t pair) {
      const row_t window = own[static_cast<std::size_t>(pair)];
      return window >= 0 && std::ranges::equal(conditions[pair], observations[window]);
    };
    const std::vector<row_t> found = neighbours_of(be, c, metric, own, firsts, known, ws);
    std::vector<alignment_decision> out(own.size());
    weights.assign(own.size(), 0.0);
    for (std::size_t k = 0; k + 1 < firsts.size(); ++k) {
      const std::span<const row_t> around =
          independent_windows<B>::of(found, static_cast<index_t>(k), neighbours);
      const double spacing = chunk_spacing(experts, around, quantile);
      for (auto j = static_cast<std::size_t>(firsts[k]);
           j < static_cast<std::size_t>(firsts[k + 1]); ++j) {
        const double* chunk = generated.data() + static_cast<index_t>(j) * experts.size;
        out[j] = decide_one(experts, around, chunk, spacing, weights[j]);
      }
    }
    return out;
  }

  /// The first pair of every run of pairs with equal condition and own window, then the number of
  /// pairs. Pairs that differ in their noise alone share a neighbourhood, which is found once.
  template <class B>
  static std::vector<row_t> first_of_equals(const detail::fetched_rows<B>& conditions,
                                            std::span<const row_t> own) {
    const auto count = static_cast<row_t>(own.size());
    std::vector<row_t> out;
    for (row_t j = 0; j < count; ++j) {
      const auto at = static_cast<std::size_t>(j);
      if (j == 0 || own[at] != own[at - 1] ||
          !std::ranges::equal(conditions[j], conditions[j - 1])) {
        out.push_back(j);
      }
    }
    out.push_back(count);
    return out;
  }

  /// The neighbours of the first pairs of runs (without the end of the last), [runs, neighbours].
  /// Where a pair saw what its own window saw, known(pair), they are those of the window.
  template <class B, class Known>
  std::vector<row_t> neighbours_of(B& be, const coupling_view<B>& c, const expert_metric<B>& metric,
                                   std::span<const row_t> own, std::span<const row_t> firsts,
                                   const Known& known, workspace<B>& ws) const {
    const auto width = static_cast<std::size_t>(neighbours);
    std::vector<row_t> out((firsts.size() - 1) * width, row_t{-1});
    std::vector<std::size_t> runs;
    std::vector<row_t> pairs;
    for (std::size_t k = 0; k + 1 < firsts.size(); ++k) {
      if (known(firsts[k])) {
        const row_t window = own[static_cast<std::size_t>(firsts[k])];
        std::ranges::copy(metric.neighbours(window), out.data() + k * width);
      } else {
        runs.push_back(k);
        pairs.push_back(firsts[k]);
      }
    }
    const std::vector<row_t> found = searched(be, c, metric, own, pairs, ws);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      std::copy_n(found.data() + i * width, width, out.data() + runs[i] * width);
    }
    return out;
  }

  /// The neighbours of pairs by search, [pairs, neighbours].
  template <class B>
  static std::vector<row_t> searched(B& be, const coupling_view<B>& c,
                                     const expert_metric<B>& metric, std::span<const row_t> own,
                                     std::span<const row_t> pairs, workspace<B>& ws) {
    if (pairs.empty()) return {};
    const scratch_scope scope(ws);
    const auto count = static_cast<index_t>(pairs.size());
    const view_of<B, 1, row_t> rows = ws.template take<1, row_t>(extents<1>{count});
    const view_of<B, 2> conditions = ws.take(extents<2>{count, c.condition.shape()[1]});
    be.upload(rows, pairs);
    be.gather_rows(c.condition, rows, conditions);
    std::vector<row_t> own_of_pairs;
    for (const row_t pair : pairs) own_of_pairs.push_back(own[static_cast<std::size_t>(pair)]);
    return metric.neighbours(be, conditions, own_of_pairs, ws);
  }

  /// The neighbour that a chunk stands for, and whether it does. Nearest in observation comes
  /// first: the own window, if it is not another way of acting; else the nearest chunk, if it is as
  /// near as neighbours are to each other. Of equals the lower row wins, whatever its place.
  [[nodiscard]] alignment_decision decide_one(const chunk_set& experts,
                                              std::span<const row_t> around, const double* chunk,
                                              double spacing, double& weight) const {
    alignment_decision best;
    double own = 0;
    for (const row_t row : around) {
      const double d = step_distance(chunk, experts.chunk(row), experts.size, experts.steps,
                                     best.window < 0 ? no_limit : best.distance);
      if (best.window < 0) own = d;
      const bool better = best.window < 0 || d < best.distance;
      if (better || (d == best.distance && row < best.window)) {
        best.window = row;
        best.distance = d;
      }
    }
    if (best.window < 0) return best;
    double radius = scale * spacing;
    const double own_way = separation * std::max(best.distance, spacing);
    if (best.distance > 0 && own <= own_way) {
      best.window = around.front();
      best.distance = own;
      radius = own_way;
    }
    if (!(best.distance <= radius)) return best;
    const double share = radius > 0 ? best.distance / radius : 0;
    weight = std::exp2(-share * share);
    best.reason = best.distance == 0 ? alignment_reason::identical : alignment_reason::replaced;
    return best;
  }
};

}  // namespace flowkit
