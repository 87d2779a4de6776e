// The metric that an expert set implies: whitened features, actions in units of their own spread.
#pragma once

#include <flowkit/align/independent_windows.hpp>
#include <flowkit/align/whitening.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace flowkit {

/// Distances between observations and between chunks without units of a task. Observations: the
/// whitened features. Chunks: each action dimension divided by its residual spread, the root mean
/// square difference between an expert's chunk and the likest chunk of the nearest independent
/// observations. A dimension in which experts do not differ there falls back to its deviation, and
/// takes no part if that is 0, too. Allocates, synchronises.
template <class B>
class expert_metric {
  using T = typename B::value_type;

 public:
  /// Finds `count` neighbours of every expert window on the way.
  expert_metric(B& be, const expert_index<B>& index, const whitening_options& options,
                index_t count, workspace<B>& ws)
      : steps_(index.steps),
        count_(count),
        origin_{index.episode, index.offset, index.steps},
        raw_(host_rows(be, index.chunks)) {
    fit_features(be, index.window_features, options, ws);
    fit_actions(be, index, ws);
    experts_.assign(raw_.begin(), raw_.end());
    apply_scale(experts_);
  }

  /// Chunks of all expert windows in this metric, [m, d].
  [[nodiscard]] const std::vector<double>& experts() const { return experts_; }

  /// Other chunks [n, d] in this metric.
  [[nodiscard]] std::vector<double> scaled_chunks(B& be, const_view_of<B, 2> chunks) const {
    std::vector<double> out = host_rows(be, chunks);
    apply_scale(out);
    return out;
  }

  /// The neighbours of an expert window, see independent_windows: at most `count`, itself first.
  [[nodiscard]] std::span<const row_t> neighbours(row_t window) const {
    return neighbours(window, count_);
  }

  /// The neighbours of every condition [n, f], see independent_windows: [n, count].
  [[nodiscard]] std::vector<row_t> neighbours(B& be, const_view_of<B, 2> conditions,
                                              std::span<const row_t> own, workspace<B>& ws) const {
    const scratch_scope scope(ws);
    const view_of<B, 2> observed =
        ws.take(extents<2>{conditions.shape()[0], projection_.shape()[1]});
    project(be, conditions, observed);
    return windows().around(be, observed, own, count_, ws);
  }

 private:
  [[nodiscard]] independent_windows<B> windows() const { return {windows_.view(), origin_}; }

  /// Neighbours are chosen one after the other, so the first few are those of a search for few.
  [[nodiscard]] std::span<const row_t> neighbours(row_t window, index_t count) const {
    const std::span<const row_t> all = independent_windows<B>::of(found_, window, found_count());
    return all.first(std::min(all.size(), static_cast<std::size_t>(count)));
  }
  [[nodiscard]] index_t found_count() const { return std::max(count_, alike + 1); }

  static std::vector<double> host_rows(B& be, const_view_of<B, 2> x) {
    const std::vector<T> values = detail::fetch<B, T>(be, flatten(x));
    return {values.begin(), values.end()};
  }

  void project(B& be, const_view_of<B, 2> x, view_of<B, 2> y) const {
    be.gemm(transpose::no, transpose::no, T(1), x, projection_.view(), T(0), y);
  }

  void fit_features(B& be, const_view_of<B, 2> x, const whitening_options& options,
                    workspace<B>& ws) {
    const index_t f = x.shape()[1];
    const whitening w = whiten(covariance(be, x, ws), f, options);
    // A set without any variation has no direction to tell windows by; one zero column keeps them
    // all equally near.
    const index_t outputs = std::max<index_t>(w.outputs, 1);
    std::vector<T> projection(w.projection.begin(), w.projection.end());
    projection.resize(static_cast<std::size_t>(f * outputs), T(0));
    projection_ = tensor<B, 2>(be, {f, outputs});
    be.upload(flatten(projection_.view()), std::span<const T>(projection));
    windows_ = tensor<B, 2>(be, {x.shape()[0], outputs});
    project(be, x, windows_.view());
  }

  /// Covariance of the rows on the host; centred first, because features may lie far from 0.
  static std::vector<double> covariance(B& be, const_view_of<B, 2> x, workspace<B>& ws) {
    const scratch_scope scope(ws);
    const index_t n = x.shape()[0];
    const index_t f = x.shape()[1];
    const view_of<B, 1> mean = ws.take(extents<1>{f});
    const view_of<B, 2> centred = ws.take(x.shape());
    const view_of<B, 2> product = ws.take(extents<2>{f, f});
    be.column_sums(fn::identity{}, accumulate::overwrite, mean, x);
    be.for_each(fn::scaled<T>{T(1) / static_cast<T>(n)}, mean, const_view_of<B, 1>(mean));
    be.for_each(fn::difference_of{}, centred, x, repeat_rows(const_view_of<B, 1>(mean), n));
    be.gemm(transpose::yes, transpose::no, T(1) / static_cast<T>(n), const_view_of<B, 2>(centred),
            const_view_of<B, 2>(centred), T(0), product);
    return host_rows(be, product);
  }

  /// Per action dimension: 1 / spread among those who act alike.
  void fit_actions(B& be, const expert_index<B>& index, workspace<B>& ws) {
    const index_t size = index.chunks.shape()[1];
    const auto width = static_cast<std::size_t>(size / steps_);
    std::vector<double> residual(width, 0.0);
    std::vector<row_t> every(static_cast<std::size_t>(index.size()));
    std::iota(every.begin(), every.end(), row_t{0});
    found_ = windows().around(be, std::as_const(windows_).view(), every, found_count(), ws);
    for (const row_t window : every) {
      add_least_squares(residual, neighbours(window, alike + 1), size);
    }
    const std::vector<double> deviation = deviations(size);
    inverse_spread_.resize(width);
    for (std::size_t a = 0; a < width; ++a) {
      const double spread =
          residual[a] > 0 ? std::sqrt(residual[a] / static_cast<double>(index.size() * steps_))
                          : deviation[a];
      inverse_spread_[a] = spread > 0 ? 1 / spread : 0;
    }
  }

  /// Neighbours of which the nearest in a dimension counts: where experts act in two equally likely
  /// ways, one of eight acts alike but for one window in 256. The mean over all of them would make
  /// the distance between two ways the unit, which hides them.
  static constexpr index_t alike = 8;

  /// Per dimension the least square of the difference between the first chunk and any of the
  /// others.
  void add_least_squares(std::vector<double>& sums, std::span<const row_t> around,
                         index_t size) const {
    if (around.size() < 2) return;
    std::vector<double> least(sums.size(), std::numeric_limits<double>::infinity());
    std::vector<double> squares(sums.size());
    for (const row_t other : around.subspan(1)) {
      std::fill(squares.begin(), squares.end(), 0.0);
      for (index_t i = 0; i < size; ++i) {
        const double d = raw_[static_cast<std::size_t>(around[0] * size + i)] -
                         raw_[static_cast<std::size_t>(other * size + i)];
        squares[static_cast<std::size_t>(i) % squares.size()] += d * d;
      }
      for (std::size_t a = 0; a < least.size(); ++a) least[a] = std::min(least[a], squares[a]);
    }
    for (std::size_t a = 0; a < least.size(); ++a) sums[a] += least[a];
  }

  [[nodiscard]] std::vector<double> deviations(index_t size) const {
    const auto width = static_cast<std::size_t>(size / steps_);
    std::vector<double> mean(width, 0.0);
    std::vector<double> square(width, 0.0);
    const double share = static_cast<double>(width) / static_cast<double>(raw_.size());
    for (std::size_t i = 0; i < raw_.size(); ++i) mean[i % width] += share * raw_[i];
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      const double d = raw_[i] - mean[i % width];
      square[i % width] += share * d * d;
    }
    for (double& s : square) s = std::sqrt(s);
    return square;
  }

  void apply_scale(std::vector<double>& chunks) const {
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      chunks[i] *= inverse_spread_[i % inverse_spread_.size()];
    }
  }

  index_t steps_;
  index_t count_;
  window_origin origin_;
  tensor<B, 2> projection_;
  tensor<B, 2> windows_;
  std::vector<row_t> found_;  ///< neighbours of the windows, [m, found_count()]
  std::vector<double> raw_;
  std::vector<double> experts_;
  std::vector<double> inverse_spread_;
};

namespace detail {

/// Moves every replaced end point towards its window's chunk by its weight.
template <class B>
void pull_to_experts(B& be, const std::vector<alignment_decision>& decisions,
                     const std::vector<double>& weights, const expert_index<B>& index,
                     view_of<B, 2> aligned, workspace<B>& ws) {
  using T = typename B::value_type;
  const scratch_scope scope(ws);
  const extents<1> pairs{aligned.shape()[0]};
  std::vector<row_t> windows(decisions.size(), 0);
  std::vector<T> share(decisions.size(), T(0));
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i].reason != alignment_reason::replaced) continue;
    windows[i] = decisions[i].window;
    share[i] = static_cast<T>(weights[i]);
  }
  const view_of<B, 1, row_t> rows = ws.template take<1, row_t>(pairs);
  const view_of<B, 1> weight = ws.take(pairs);
  const view_of<B, 2> experts = ws.take(aligned.shape());
  be.upload(rows, std::span<const row_t>(windows));
  be.upload(weight, std::span<const T>(share));
  be.gather_rows(index.chunks, rows, experts);
  be.for_each(fn::difference_of{}, experts, const_view_of<B, 2>(experts),
              const_view_of<B, 2>(aligned));
  be.for_each(fn::multiply_add{}, aligned, const_view_of<B, 2>(experts),
              repeat_columns(const_view_of<B, 1>(weight), aligned.shape()[1]),
              const_view_of<B, 2>(aligned));
}

}  // namespace detail
}  // namespace flowkit
