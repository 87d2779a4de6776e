// Integration of velocity fields with step control for every sample.
#pragma once

#include <flowkit/solver/dense_output.hpp>
#include <flowkit/solver/integrate.hpp>
#include <flowkit/solver/retirement.hpp>

namespace flowkit {

namespace detail {

/// Samples that are integrated together: on a host as many as stay in the caches with all slopes,
/// but never so few that a network's matrix products become narrow.
template <class B>
index_t block_rows(const adaptive_options& options, const extents<2>& shape) {
  if (options.block_rows > 0) return options.block_rows;
  if (!std::same_as<typename B::space, host_space>) return std::max<index_t>(shape[0], 1);
  constexpr index_t numbers = 262144;
  constexpr index_t least = 1024;
  return std::max(least, numbers / std::max<index_t>(shape[1], 1));
}

/// One block of samples from start to end.
template <EmbeddedTableau M, class B, class V, class Watch>
class adaptive_run {
 public:
  using T = typename B::value_type;
  static constexpr bool by_points = steps_by_points<V, B, Watch>;
  static constexpr bool unwatched = std::same_as<Watch, no_observer>;
  static constexpr bool saves = is_save_at<Watch>;

  adaptive_run(B& be, V& v, workspace<B>& ws, integration_result& result, Watch& watch)
      : be_(be), v_(v), ws_(ws), result_(result), watch_(watch) {}

  /// Integrates the samples first .. first + count - 1 of x.
  void operator()(view_of<B, 2> x, index_t first, index_t count,
                  const adaptive_setting<T>& setting) {
    const scratch_scope<B> scope(ws_);
    adaptive_batch<M, B> batch(ws_, extents{count, x.shape()[1]}, setting);
    if constexpr (!by_points) batch.take_slopes(ws_);
    roster<B> samples(be_, ws_, result_, first, count);
    be_.copy(batch.x, const_view_of<B, 2>(rows(x, first, count)));
    const bool whole = count == x.shape()[0];
    if (!whole) select(samples);
    const index_t start_cost = batch.start(be_, v_);
    if constexpr (saves) {
      advance_saving(batch, samples);
    } else {
      show(batch);
      advance(batch, samples, start_cost, x);
    }
    samples.write_back(be_, batch, start_cost, x);
    if (!whole || batch.size() < count) select_all();
  }

 private:
  using batch_type = adaptive_batch<M, B>;

  void advance(batch_type& batch, roster<B>& samples, index_t start_cost, view_of<B, 2> x) {
    index_t running = samples.count(be_, fn::is_running{}, batch.state);
    while (running > 0) {
      if (unwatched && running * 4 <= batch.size() * 3) {
        samples.write_back(be_, batch, start_cost, x);
        samples.retire(be_, batch, running);
        select(samples);
      }
      attempt(batch);
      batch.judge(be_);
      commit(batch);
      if (!unwatched && samples.count(be_, fn::identity{}, batch.taken) > 0) show(batch);
      running = samples.count(be_, fn::is_running{}, batch.state);
    }
  }

  void advance_saving(batch_type& batch, roster<B>& samples) {
    dense_writer<M, B> writer(be_, ws_, watch_, batch);
    while (samples.count(be_, fn::is_running{}, batch.state) > 0) {
      attempt(batch);
      writer.remember(be_, batch);
      batch.judge(be_);
      writer.write(be_, batch);
      commit(batch);
    }
  }

  void attempt(batch_type& batch) {
    if constexpr (by_points) {
      attempt_points(be_, v_, batch);
    } else {
      batch.attempt(be_, v_);
    }
  }

  void commit(batch_type& batch) {
    if constexpr (by_points) {
      commit_points<V::dimension>(be_, batch);
    } else {
      batch.commit(be_);
    }
  }

  void show(batch_type& batch) {
    if constexpr (!saves) watch_(be_, const_view_of<B, 1>(batch.t), const_view_of<B, 2>(batch.x));
  }

  void select(const roster<B>& samples) {
    if constexpr (SelectableField<V, B>) v_.select_rows(be_, samples.samples());
  }
  void select_all() {
    if constexpr (SelectableField<V, B>) v_.select_all(be_);
  }

  B& be_;
  V& v_;
  workspace<B>& ws_;
  integration_result& result_;
  Watch& watch_;
};

}  // namespace detail

/// Integrates dx/dt = v(t, x) for every row of x [n, d] from span.start to span.end (forwards or
/// backwards), in place, with an embedded method (bogacki_shampine, dormand_prince, tsitouras) and
/// step control for every sample on its own: a row gives the same result in any batch. Finished
/// samples leave the batch, for which a field with data per sample must be selectable.
///
/// `watch` is an Observer or a `save_at`; while somebody watches, the batch stays whole.
/// The result tells per sample how it ended; nothing that goes wrong in the mathematics throws.
/// Throws invalid_input for bad options, times or shapes. Synchronises once per attempt. Allocates
/// nothing once workspace and result are warm.
template <Backend B, EmbeddedTableau M, class V, class W = no_observer>
  requires VelocityField<std::remove_reference_t<V>, B>
void integrate(B& be, M, V&& v, view_of<B, 2> x, const time_span& span,
               const adaptive_options& options, workspace<B>& ws, integration_result& result,
               W&& watch = {}) {
  using T = typename B::value_type;
  using field = std::remove_reference_t<V>;
  using watcher = std::remove_reference_t<W>;
  detail::check_state<B>(x);
  detail::check_options<T>(options);
  FLOWKIT_VALIDATE(std::isfinite(static_cast<T>(span.end) - static_cast<T>(span.start)),
                   "integration from ", span.start, " to ", span.end,
                   ": both times and their distance must be finite in the scalar of the backend");
  const index_t n = x.shape()[0];
  detail::check_samples(v, n);
  index_t block = detail::block_rows<B>(options, x.shape());
  if constexpr (PointField<field, B>) detail::check_points<field>(x.shape());
  if constexpr (!std::same_as<watcher, no_observer>) block = std::max<index_t>(n, 1);
  if constexpr (detail::is_save_at<watcher>) detail::check_saving(watch, span, x.shape());
  result.reset(n);
  detail::adaptive_run<M, B, field, watcher> run(be, v, ws, result, watch);
  for (index_t first = 0; first < n; first += block) {
    run(x, first, std::min(block, n - first), {span, options});
  }
}

/// The same for a view or tensor x with scratch of its own. Allocates. Synchronises.
template <Backend B, EmbeddedTableau M, class V, class X>
  requires VelocityField<std::remove_reference_t<V>, B> integration_result
  integrate(B& be, M method, V&& v, X&& x, const time_span& span, const adaptive_options& options) {
    workspace<B> ws(be);
    integration_result result;
    integrate(be, method, v, detail::state_view<B>(x), span, options, ws, result);
    return result;
  }

}  // namespace flowkit
