// Samples that are integrated side by side, each with its own time, step and error.
#pragma once

#include <flowkit/solver/controller.hpp>
#include <flowkit/solver/explicit_rk.hpp>
#include <flowkit/solver/time_grid.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::detail {

/// v[n] as every column of wide [n, d]. For narrow states column by column: rows of a few numbers
/// would cost more to start than to copy.
template <class B>
void spread(B& be, view_of<B, 2> wide, const_view_of<B, 1> v) {
  constexpr index_t narrow = 16;
  const index_t d = wide.shape()[1];
  if (d > narrow) return be.copy(wide, repeat_columns(v, d));
  const const_view_of<B, 2> column = repeat_columns(v, 1);
  for (index_t c = 0; c < d; ++c) be.copy(columns(wide, c, 1), column);
}

/// What stays the same for all attempts of all samples.
template <class T>
struct adaptive_setting {
  time_span span;
  adaptive_options options;

  [[nodiscard]] T start() const { return static_cast<T>(span.start); }
  [[nodiscard]] T end() const { return static_cast<T>(span.end); }
  [[nodiscard]] T direction() const { return span.end < span.start ? T(-1) : T(1); }
  [[nodiscard]] T interval() const { return std::abs(end() - start()); }

  [[nodiscard]] fn::judge_attempt<T> judge(int error_order, index_t d) const {
    const step_controller& c = options.controller;
    const double p = error_order + 1;
    return {.end = end(),
            .per_dimension = T(1) / static_cast<T>(d),
            .safety = static_cast<T>(c.safety),
            .smallest_factor = static_cast<T>(c.smallest_factor),
            .largest_factor = static_cast<T>(c.largest_factor),
            .error_exponent = static_cast<T>(c.error_gain / p),
            .previous_exponent = static_cast<T>(c.previous_gain / p),
            .shortest = 10 * std::numeric_limits<T>::epsilon(),
            .longest = static_cast<T>(options.longest_step),
            .attempts = static_cast<T>(options.attempts)};
  }
};

/// The state of an adaptive integration by method M for rows [n, d]. Lives in the workspace; rows
/// can be taken out of it (`keep`).
template <EmbeddedTableau M, class B>
class adaptive_batch {
 public:
  using T = typename B::value_type;
  static constexpr std::size_t stages = M::table.stages;
  static constexpr bool reuses_last = first_same_as_last(M::table);

  /// Evaluations of the field per attempt.
  static constexpr index_t attempt_cost =
      static_cast<index_t>(stages) - (reuses_last ? index_t{1} : index_t{0});

  adaptive_batch(workspace<B>& ws, const extents<2>& shape, const adaptive_setting<T>& setting)
      : setting_(setting) {
    for (auto* m : {&x, &y, &first, &last, &wide}) *m = ws.take(shape);
    for (auto* v : vectors()) *v = ws.take(extents<1>{shape[0]});
  }

  /// Slopes between the first and the last; methods that step by points do without.
  void take_slopes(workspace<B>& ws) {
    for (std::size_t i = 1; i < stages - (reuses_last ? 1 : 0); ++i)
      middle_[i] = ws.take(x.shape());
  }

  [[nodiscard]] index_t size() const { return x.shape()[0]; }
  [[nodiscard]] const adaptive_setting<T>& setting() const { return setting_; }

  /// The slopes of the last attempt: k_1, ..., k_S.
  [[nodiscard]] rk_slopes<M, B> slopes() const {
    rk_slopes<M, B> k = middle_;
    k[0] = first;
    if (reuses_last) k[stages - 1] = last;
    return k;
  }

  /// Evaluates the first slopes at states x and chooses the first steps; returns the evaluations
  /// per sample.
  template <class V>
  index_t start(B& be, V& v) {
    be.fill(t, setting_.start());
    be.fill(step,
            static_cast<T>(std::min(setting_.options.first_step, setting_.options.longest_step)));
    for (const auto& counter : {state, accepted, rejected}) be.fill(counter, T(0));
    for (const auto& unit : {previous, taken}) be.fill(unit, T(1));
    v(be, const_view_of<B, 1>(t), const_view_of<B, 2>(x), first);
    if (setting_.options.first_step > 0) return 1;
    choose_first_step(be, v);
    return 2;
  }

  /// Stages, error and judgement of one attempt of every row; `commit` must follow.
  template <class V>
  void attempt(B& be, V& v) {
    begin(be);
    spread<B>(be, wide, h);
    const auto time = [&](double c, view_of<B, 1> out) { at_offset(be, static_cast<T>(c), out); };
    const const_view_of<B, 2> from(x);
    const rk_slopes<M, B> k = slopes();
    later_slopes<M, stages>(be, v, const_view_of<B, 2>(wide), time, from, y, stage_time, k);
    if constexpr (!reuses_last) {
      combine(be, sparse_table<M>::result, const_view_of<B, 2>(wide), y, from, k);
      time(1, stage_time);
      v(be, const_view_of<B, 1>(stage_time), const_view_of<B, 2>(y), last);
    }
    measure(be, k, std::make_index_sequence<sparse_table<M>::error.count>{});
  }

  /// Decides about the attempt: moves time and proposes the next step.
  void judge(B& be) {
    be.for_each(setting_.judge(M::table.error_order, x.shape()[1]), t, step, previous, state,
                accepted, rejected, taken, const_view_of<B, 1>(error), const_view_of<B, 1>(h));
  }

  /// Moves the accepted rows to the end of their step.
  void commit(B& be) {
    spread<B>(be, wide, taken);
    be.for_each(fn::rk_commit{}, x, first, const_view_of<B, 2>(y), const_view_of<B, 2>(last),
                const_view_of<B, 2>(wide));
  }

  void begin(B& be) {
    be.for_each(fn::begin_attempt<T>{setting_.end(), setting_.direction()}, h,
                const_view_of<B, 1>(t), const_view_of<B, 1>(step), const_view_of<B, 1>(state));
  }

  /// Goes on with these rows only.
  void keep(B& be, const_view_of<B, 1, row_t> chosen) {
    const index_t n = chosen.size();
    const auto gather = [&](auto& from, auto& spare) {
      be.gather_rows(as_matrix(from), chosen, as_matrix(rows(spare, 0, n)));
      std::swap(from, spare);
    };
    gather(x, y);
    gather(first, last);
    for (auto* v : {&t, &step, &previous, &state, &accepted, &rejected, &taken}) gather(*v, h);
    for (auto* m : {&x, &y, &first, &last, &wide}) *m = rows(*m, 0, n);
    for (auto* v : vectors()) *v = rows(*v, 0, n);
    for (std::size_t i = 1; i < stages; ++i) {
      if (middle_[i].size() > 0) middle_[i] = rows(middle_[i], 0, n);
    }
  }

  view_of<B, 2> x;      ///< accepted states
  view_of<B, 2> y;      ///< states at the end of the attempt
  view_of<B, 2> first;  ///< slopes at x
  view_of<B, 2> last;   ///< slopes at y
  view_of<B, 2> wide;   ///< a vector spread over the columns

  view_of<B, 1> t, step, previous, state, accepted, rejected, taken;  ///< see fn::judge_attempt
  view_of<B, 1> h, error, stage_time;                                 ///< of the last attempt

 private:
  std::array<view_of<B, 1>*, 10> vectors() {
    return {&t, &step, &previous, &state, &accepted, &rejected, &taken, &h, &error, &stage_time};
  }

  static view_of<B, 2> as_matrix(view_of<B, 2> v) { return v; }
  static view_of<B, 2> as_matrix(view_of<B, 1> v) {
    return reshape(v, extents{v.size(), index_t{1}});
  }

  /// out = t + c h
  void at_offset(B& be, T c, view_of<B, 1> out) {
    be.for_each(fn::rk_combine<T, 1>{{c}}, out, const_view_of<B, 1>(t), const_view_of<B, 1>(h));
  }

  template <std::size_t... J>
  void measure(B& be, const rk_slopes<M, B>& k, std::index_sequence<J...>) {
    constexpr auto row = sparse_table<M>::error;
    fn::rk_error<T, sizeof...(J)> f{.weight = {},
                                    .absolute = static_cast<T>(setting_.options.absolute),
                                    .relative = static_cast<T>(setting_.options.relative)};
    set_weights(f.weight, row);
    be.row_sums(f, error, const_view_of<B, 2>(x), const_view_of<B, 2>(y),
                const_view_of<B, 2>(k[row.column[J]])...);
  }

  /// Hairer's rule; y, last, taken and error are still free for its intermediate results.
  template <class V>
  void choose_first_step(B& be, V& v) {
    const fn::rk_scaled_square<T> square{static_cast<T>(setting_.options.absolute),
                                         static_cast<T>(setting_.options.relative)};
    const const_view_of<B, 2> from(x);
    const T per_dimension = T(1) / static_cast<T>(x.shape()[1]);
    const T direction = setting_.direction();
    be.row_sums(square, stage_time, from, from);
    be.row_sums(square, error, const_view_of<B, 2>(first), from);
    be.for_each(fn::trial_step<T>{per_dimension, setting_.interval()}, h,
                const_view_of<B, 1>(stage_time), const_view_of<B, 1>(error));
    spread<B>(be, wide, h);
    be.for_each(fn::rk_combine_rows<T, 1>{{direction}}, y, from, const_view_of<B, 2>(wide),
                const_view_of<B, 2>(first));
    at_offset(be, direction, stage_time);
    v(be, const_view_of<B, 1>(stage_time), const_view_of<B, 2>(y), last);
    be.for_each(fn::difference_of{}, y, const_view_of<B, 2>(last), const_view_of<B, 2>(first));
    be.row_sums(square, stage_time, const_view_of<B, 2>(y), from);
    const fn::first_step<T> choose{.per_dimension = per_dimension,
                                   .interval = setting_.interval(),
                                   .longest = static_cast<T>(setting_.options.longest_step),
                                   .exponent = static_cast<T>(1.0 / (M::table.error_order + 1))};
    be.for_each(choose, step, state, const_view_of<B, 1>(h), const_view_of<B, 1>(error),
                const_view_of<B, 1>(stage_time));
  }

  adaptive_setting<T> setting_;
  rk_slopes<M, B> middle_{};
};

}  // namespace flowkit::detail
