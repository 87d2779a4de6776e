// The frame of every alignment operator: check, decide, replace, report.
#pragma once

#include <flowkit/align/concepts.hpp>
#include <flowkit/align/distances.hpp>
#include <flowkit/fn/runge_kutta.hpp>

#include <algorithm>
#include <limits>

namespace flowkit {
namespace detail {

template <class B, class U>
std::vector<U> fetch(B& be, const_view_of<B, 1, U> v) {
  std::vector<U> out(static_cast<std::size_t>(v.size()));
  be.download(std::span<U>(out), v);
  return out;
}

/// The rows of a matrix, on the host.
template <class B>
class fetched_rows {
  using T = typename B::value_type;

 public:
  fetched_rows(B& be, const_view_of<B, 2> x)
      : values_(fetch<B, T>(be, flatten(x))), width_(static_cast<std::size_t>(x.shape()[1])) {}

  [[nodiscard]] std::span<const T> operator[](row_t i) const {
    return std::span(values_).subspan(static_cast<std::size_t>(i) * width_, width_);
  }

 private:
  std::vector<T> values_;
  std::size_t width_;
};

/// Checks that couplings, index and result fit together.
template <class B>
void validate_alignment(const coupling_view<B>& c, const expert_index<B>& index,
                        view_of<B, 2> aligned) {
  FLOWKIT_VALIDATE(index.steps > 0 && c.x1.shape()[1] % index.steps == 0, "chunks of ",
                   c.x1.shape()[1], " values cannot hold ", index.steps,
                   " steps: the steps of the index must divide the chunk size");
  FLOWKIT_VALIDATE(aligned.shape() == c.x1.shape() && c.condition.shape()[0] == c.size(),
                   "couplings of shape ", c.x1.shape(), " with conditions ", c.condition.shape(),
                   " and a result of ", aligned.shape(),
                   ": rows are pairs and must be equally many");
  FLOWKIT_VALIDATE(
      index.size() == 0 || (index.chunks.shape()[1] == c.x1.shape()[1] &&
                            index.window_features.shape()[1] == c.condition.shape()[1]),
      "couplings of chunk size ", c.x1.shape()[1], " and condition size ", c.condition.shape()[1],
      " against expert windows of ", index.chunks.shape()[1], " and ",
      index.window_features.shape()[1],
      ": both must come from one policy (same horizon, actions and encoder)");
  FLOWKIT_VALIDATE(
      index.window_features.shape()[0] == index.size() &&
          (c.window.empty() || c.window.size() == c.size()) &&
          index.episode.size() == index.offset.size() &&
          (index.episode.empty() || static_cast<index_t>(index.episode.size()) == index.size()),
      "an index of ", index.size(), " windows has ", index.window_features.shape()[0],
      " features, ", index.episode.size(), " episodes and ", index.offset.size(),
      " offsets: give one of each per window, or no episodes and offsets");
  for (const row_t at : index.offset) {
    FLOWKIT_VALIDATE(at >= 0 && at < std::numeric_limits<row_t>::max(), "a window begins at step ",
                     at, " of its episode: offsets count from 0");
  }
}

/// Refuses views with gaps or repeated rows, which the searches cannot read.
template <class B>
void validate_dense(const coupling_view<B>& c, const expert_index<B>& index,
                    view_of<B, 2> aligned) {
  const auto readable = [](const auto&... views) { return (views.dense() && ...); };
  FLOWKIT_VALIDATE(readable(c.x1, c.condition, c.window, aligned),
                   "end points, conditions, windows and result with strides ", c.x1.strides(), ", ",
                   c.condition.strides(), ", ", c.window.strides(), " and ", aligned.strides(),
                   ": alignment needs rows that lie one after the other; copy them into tensors");
  FLOWKIT_VALIDATE(readable(index.chunks, index.window_features),
                   "expert chunks and features with strides ", index.chunks.strides(), " and ",
                   index.window_features.strides(),
                   ": alignment needs rows that lie one after the other; copy them into tensors");
}

/// Refuses numbers that are not finite: they have no distance, so no decision could be made.
template <class B>
void validate_finite(B& be, const char* what, const_view_of<B, 2> x, workspace<B>& ws) {
  using T = typename B::value_type;
  const scratch_scope scope(ws);
  const view_of<B, 1> broken = ws.take(extents<1>{x.shape()[0]});
  be.row_sums(fn::finite_zero{}, broken, x);
  const std::vector<T> zero = fetch<B, T>(be, broken);
  for (std::size_t i = 0; i < zero.size(); ++i) {
    FLOWKIT_VALIDATE(zero[i] == T(0), what, " ", i,
                     " is not finite: leave out samples whose integration did not reach its end");
  }
}

/// Own windows of the pairs on the host; -1 where none is known.
template <class B>
std::vector<row_t> own_windows(B& be, const coupling_view<B>& c, index_t windows) {
  if (c.window.empty()) return std::vector<row_t>(static_cast<std::size_t>(c.size()), -1);
  std::vector<row_t> own = fetch<B, row_t>(be, c.window);
  for (const row_t w : own) {
    FLOWKIT_VALIDATE(w >= -1 && w < windows, "a coupling names expert window ", w,
                     ", but the index has ", windows,
                     " windows: couplings and index must come from one data set; give -1 where no "
                     "window is known");
  }
  return own;
}

/// Distance of every chunk to the expert chunk of row `to[i]`, which must be a row of the index.
template <class B>
std::vector<double> distances_to(B& be, const_view_of<B, 2> chunks, const expert_index<B>& index,
                                 std::span<const row_t> to, workspace<B>& ws) {
  using T = typename B::value_type;
  const scratch_scope scope(ws);
  const view_of<B, 1, row_t> rows = ws.template take<1, row_t>(extents<1>{chunks.shape()[0]});
  const view_of<B, 2> experts = ws.take(chunks.shape());
  const view_of<B, 1> out = ws.take(extents<1>{chunks.shape()[0]});
  be.upload(rows, to);
  be.gather_rows(index.chunks, rows, experts);
  step_distances(be, chunks, experts, index.steps, out, ws);
  const std::vector<T> found = fetch<B, T>(be, out);
  return {found.begin(), found.end()};
}

/// The expert chunk that each pair is compared with in a report: its own window's, or the nearest.
template <class B>
std::vector<row_t> compared_windows(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                                    std::vector<row_t> own, workspace<B>& ws) {
  if (std::find(own.begin(), own.end(), row_t{-1}) == own.end()) return own;
  const scratch_scope scope(ws);
  const view_of<B, 2, row_t> nearest = ws.template take<2, row_t>(extents<2>{c.size(), 1});
  be.nearest(c.x1, index.chunks, nearest, ws.take(extents<2>{c.size(), 1}));
  const std::vector<row_t> found = fetch<B, row_t>(be, flatten(nearest));
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i] < 0) own[i] = found[i];
  }
  return own;
}

/// Quarter of its episode that a window lies in.
[[nodiscard]] std::vector<std::uint8_t> window_phases(std::span<const row_t> episode,
                                                      std::span<const row_t> offset);

/// Fills the sums of a report from its decisions.
void count_decisions(alignment_report& report, std::span<const row_t> own,
                     std::span<const std::uint8_t> phases);

/// Numbers of the pairs decided as `replaced`, ascending.
[[nodiscard]] std::vector<row_t> replaced_pairs(const std::vector<alignment_decision>& decisions);

/// Replaces the end points of pairs decided as `replaced` by their windows' chunks.
template <class B>
void put_experts(B& be, const std::vector<alignment_decision>& decisions,
                 const expert_index<B>& index, view_of<B, 2> aligned, workspace<B>& ws) {
  const std::vector<row_t> to = replaced_pairs(decisions);
  std::vector<row_t> from;
  from.reserve(to.size());
  for (const row_t pair : to) from.push_back(decisions[static_cast<std::size_t>(pair)].window);
  const scratch_scope scope(ws);
  const auto count = static_cast<index_t>(from.size());
  const view_of<B, 1, row_t> rows = ws.template take<1, row_t>(extents<1>{count});
  const view_of<B, 2> chunks = ws.take(extents<2>{count, aligned.shape()[1]});
  be.upload(rows, std::span<const row_t>(from));
  be.gather_rows(index.chunks, rows, chunks);
  be.upload(rows, std::span<const row_t>(to));
  be.scatter_rows(chunks, rows, aligned);
}

/// Runs an operator: `decide(own windows)` returns one decision per pair, `put(decisions)` writes
/// the replaced end points over `aligned`, which holds the generated ones by then.
template <class B, class Decide, class Put>
alignment_report align_by(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                          view_of<B, 2> aligned, workspace<B>& ws, const Decide& decide,
                          const Put& put) {
  validate_alignment(c, index, aligned);
  validate_dense(c, index, aligned);
  alignment_report report;
  report.decisions.resize(static_cast<std::size_t>(c.size()));
  if (aligned.data() != c.x1.data()) be.copy(aligned, c.x1);
  if (index.size() == 0 || c.size() == 0) return report;
  validate_finite(be, "end point", c.x1, ws);
  validate_finite(be, "condition", c.condition, ws);
  validate_finite(be, "expert chunk", index.chunks, ws);
  validate_finite(be, "expert feature", index.window_features, ws);
  const std::vector<row_t> own = own_windows(be, c, index.size());
  const std::vector<row_t> compared = compared_windows(be, c, index, own, ws);
  report.before = summarize(distances_to(be, c.x1, index, compared, ws));
  report.decisions = decide(own);
  put(report.decisions);
  const std::vector<double> after =
      distances_to(be, const_view_of<B, 2>(aligned), index, compared, ws);
  report.after = summarize(after, report.before.bin_end);
  count_decisions(report, own, window_phases(index.episode, index.offset));
  return report;
}

/// The same for operators that replace whole chunks by rows of the index.
template <class B, class Decide>
alignment_report align_by(B& be, const coupling_view<B>& c, const expert_index<B>& index,
                          view_of<B, 2> aligned, workspace<B>& ws, const Decide& decide) {
  return align_by(be, c, index, aligned, ws, decide,
                  [&](const std::vector<alignment_decision>& decisions) {
                    put_experts(be, decisions, index, aligned, ws);
                  });
}

}  // namespace detail
}  // namespace flowkit
