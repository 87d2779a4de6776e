// States at requested times from the steps of an adaptive integration.
#pragma once

#include <flowkit/solver/adaptive_batch.hpp>
#include <flowkit/solver/result.hpp>

#include <span>

namespace flowkit {

/// Asks adaptive integration for the states [times, n, d] at these times, which follow each other
/// in its direction within its span. They are interpolated inside the steps, so they cost no
/// evaluation: with the method's own polynomial (Dormand-Prince: order 4), else with the cubic
/// through both ends and their slopes (order 3). Times that a sample never reached hold NaN.
template <class B>
struct save_at {
  std::span<const double> times;
  view_of<B, 3> states;
};

namespace detail {

template <class W>
constexpr bool is_save_at = false;
template <class B>
constexpr bool is_save_at<save_at<B>> = true;

/// Throws invalid_input unless the times can be met and the states have room for them.
template <class B>
void check_saving(const save_at<B>& save, const time_span& span, const extents<2>& x) {
  const auto m = static_cast<index_t>(save.times.size());
  FLOWKIT_VALIDATE((save.states.shape() == extents{m, x[0], x[1]}) && save.states.dense(),
                   "states to save have shape ", save.states.shape(), " where ", m,
                   " times of a state ", x, " need dense ", extents{m, x[0], x[1]},
                   ": make a tensor of that shape for them");
  const double direction = span.end < span.start ? -1 : 1;
  double last = span.start;
  for (const double t : save.times) {
    FLOWKIT_VALIDATE(direction * (t - last) >= 0 && direction * (span.end - t) >= 0,
                     "cannot save at time ", t, " after ", last, " when integrating from ",
                     span.start, " to ", span.end, ": sort the times along the integration");
    last = t;
  }
}

/// Writes the saved states that every attempt passes.
template <class M, class B>
class dense_writer {
 public:
  using T = typename B::value_type;
  using batch_type = adaptive_batch<M, B>;

  dense_writer(B& be, workspace<B>& ws, const save_at<B>& save, const batch_type& batch)
      : save_(save),
        before_(ws.take(extents<1>{batch.size()})),
        theta_(ws.take(extents<1>{batch.size()})),
        wide_theta_(ws.take(batch.x.shape())),
        direction_(batch.setting().direction()) {
    be.fill(save.states, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t i = 0; i < save.times.size(); ++i) {
      // In the scalar of the backend, as in `write`: no step passes a time that rounds to the
      // start.
      const bool at_start = static_cast<T>(save.times[i]) == batch.setting().start();
      if (at_start) be.copy(state(i), const_view(batch.x));
    }
  }

  /// To be called before an attempt is judged: its judgement moves time.
  void remember(B& be, const batch_type& batch) { be.copy(before_, const_view(batch.t)); }

  /// To be called after it was judged and before it is committed. Synchronises.
  void write(B& be, const batch_type& batch) {
    const auto [low, high] = passed(be, batch);
    for (std::size_t i = 0; i < save_.times.size(); ++i) {
      const T at = static_cast<T>(save_.times[i]);
      if (!(direction_ * at > low && direction_ * at <= high)) continue;
      be.for_each(fn::rk_position<T>{at, direction_}, theta_, const_view(before_),
                  const_view(batch.t), const_view(batch.h), const_view(batch.taken));
      spread<B>(be, wide_theta_, theta_);
      interpolate(be, batch, state(i));
    }
  }

 private:
  static const_view_of<B, 1> const_view(view_of<B, 1> v) { return v; }
  static const_view_of<B, 2> const_view(view_of<B, 2> v) { return v; }

  [[nodiscard]] view_of<B, 2> state(std::size_t i) const {
    const view_of<B, 3> one = rows(save_.states, static_cast<index_t>(i), 1);
    return reshape(one, extents{one.shape()[1], one.shape()[2]});
  }

  /// The times (times the direction) between which any sample has moved.
  std::pair<T, T> passed(B& be, const batch_type& batch) {
    T low = std::numeric_limits<T>::infinity();
    T high = -low;
    for_each_on_host<B>(be, before_, [&](index_t, T t) { low = std::min(low, direction_ * t); });
    for_each_on_host<B>(be, batch.t, [&](index_t, T t) { high = std::max(high, direction_ * t); });
    return {low, high};
  }

  void interpolate(B& be, const batch_type& batch, view_of<B, 2> out) {
    const const_view_of<B, 2> theta(wide_theta_);
    if constexpr (has_dense(M::table)) {
      by_polynomial(be, batch, out, theta, std::make_index_sequence<M::table.stages>{});
    } else {
      be.for_each(fn::rk_hermite{}, out, theta, const_view(batch.x), const_view(batch.wide),
                  const_view(batch.y), const_view(batch.first), const_view(batch.last));
    }
  }

  template <std::size_t... I>
  void by_polynomial(B& be, const batch_type& batch, view_of<B, 2> out, const_view_of<B, 2> theta,
                     std::index_sequence<I...>) {
    fn::rk_interpolate<T, sizeof...(I)> f{};
    for (std::size_t i = 0; i < sizeof...(I); ++i) {
      for (std::size_t j = 0; j < 4; ++j) f.weight[i][j] = static_cast<T>(M::table.dense[i][j]);
    }
    const rk_slopes<M, B> k = batch.slopes();
    be.for_each(f, out, theta, const_view(batch.x), const_view(batch.wide), const_view(k[I])...);
  }

  save_at<B> save_;
  view_of<B, 1> before_;
  view_of<B, 1> theta_;
  view_of<B, 2> wide_theta_;
  T direction_;
};

}  // namespace detail
}  // namespace flowkit
