// Passes over per-sample step sizes: first step, start and judgement of an attempt.
#pragma once

#include <flowkit/fn/runge_kutta.hpp>

namespace flowkit::fn {

/// What became of a sample, as a number of its vector. `running` must be 0.
enum class row_state { running, reached_end, minimum_step, step_limit, non_finite };

namespace detail {
template <class V>
FLOWKIT_HD V state(row_state s) {
  return constant<V>(static_cast<double>(s));
}
}  // namespace detail

/// Length of the Euler step that probes the curvature (Hairer, Norsett, Wanner, Solving Ordinary
/// Differential Equations I, II.4): 0.01 |x| / |k|, with norms in units of the tolerance.
/// Arguments: squared norms of state and slope.
template <class S>
struct trial_step {
  static constexpr kernel_arity arity{1, 2};
  S per_dimension;  ///< 1 / d: sums become means
  S interval;
  template <class V>
  FLOWKIT_HD void operator()(V& h, V state_square, V slope_square) const {
    using fn::select;
    using std::sqrt;
    const V d0 = sqrt(state_square * V(per_dimension));
    const V d1 = sqrt(slope_square * V(per_dimension));
    const V small = constant<V>(1e-5);
    const V least = constant<V>(1e-6);
    h = select(d1 < small, least, constant<V>(0.01) * d0 / d1);
    h = detail::smaller(select(d0 < small, least, h), V(interval));
  }
};

/// First step from the change of the slope over the trial step h (same rule), and the state
/// non_finite for samples whose slope cannot be used. Arguments: trial step, squared norms of the
/// slope and of its change, all in units of the tolerance.
template <class S>
struct first_step {
  static constexpr kernel_arity arity{2, 3};
  S per_dimension;
  S interval;
  S longest;
  S exponent;  ///< 1 / (order of the error estimate + 1)
  template <class V>
  FLOWKIT_HD void operator()(V& step, V& state, V h, V slope_square, V change_square) const {
    using fn::select;
    using std::exp;
    using std::log;
    using std::sqrt;
    const V d1 = sqrt(slope_square * V(per_dimension));
    const V d2 = sqrt(change_square * V(per_dimension)) / h;
    const V largest = detail::larger(d1, d2);
    const V flat = detail::larger(constant<V>(1e-6), h * constant<V>(1e-3));
    const V curved = exp(V(exponent) * log(constant<V>(0.01) / largest));
    const V h1 = select(largest > constant<V>(1e-15), curved, flat);
    const V limit = detail::smaller(V(interval), V(longest));
    step = detail::smaller(detail::smaller(constant<V>(100) * h, h1), limit);
    state = select(slope_square - slope_square < constant<V>(1), state,
                   detail::state<V>(row_state::non_finite));
    step = select(step > constant<V>(0), step, flat);
  }
};

/// Signed length h of the next attempt: the proposed step, cut at the end; 0 for finished samples,
/// which then stay where they are.
template <class S>
struct begin_attempt {
  static constexpr kernel_arity arity{1, 3};
  S end;
  S direction;
  template <class V>
  FLOWKIT_HD void operator()(V& h, V t, V step, V state) const {
    using fn::select;
    const V left = V(end) - t;
    const V length = V(direction) * left;
    h = select(step < length, V(direction) * step, left);
    h = select(state > constant<V>(0.5), constant<V>(0), h);
  }
};

/// Judges an attempt of length h by its error norm e, moves time, and proposes the next step
///   |h| min(max(safety e^-error_exponent e_previous^previous_exponent, smallest), largest),
/// not longer than the last one after a rejection. Samples that are not running do not change.
/// Outputs, all read before: time, proposed step, error of the last accepted attempt, state,
/// accepted and rejected attempts, whether this attempt was accepted (1 or 0).
/// Arguments: sum over the dimensions of (error / h / tolerance)^2, and h.
template <class S>
struct judge_attempt {
  static constexpr kernel_arity arity{7, 2};
  S end;
  S per_dimension;
  S safety;
  S smallest_factor;
  S largest_factor;
  S error_exponent;
  S previous_exponent;
  S shortest;  ///< relative to the larger of |t| and |end|
  S longest;
  S attempts;

  template <class V>
  FLOWKIT_HD void operator()(V& t, V& step, V& previous, V& state, V& accepted, V& rejected,
                             V& taken, V error_square, V h) const {
    using fn::select;
    const V zero = constant<V>(0);
    const V one = constant<V>(1);
    const V running = select(state > constant<V>(0.5), zero, one);
    const V e_square = error_square * h * h * V(per_dimension);
    const V good = select(e_square < one, running, zero);

    V factor = proposed_factor(e_square, previous);
    const V cap = select(taken + one - good > constant<V>(0.5), V(largest_factor), one);
    factor = select(good > constant<V>(0.5), detail::smaller(factor, cap), factor);
    const V proposal = detail::absolute(h) * factor;

    const V after = select(h < V(end) - t, t + h, select(h > V(end) - t, t + h, V(end)));
    t = select(good > constant<V>(0.5), after, t);
    accepted = accepted + good;
    rejected = rejected + running - good;
    previous = select(good > constant<V>(0.5), e_square, previous);
    taken = good;

    const V least = V(shortest) * detail::larger(detail::absolute(t), detail::absolute(V(end)));
    const V next = next_state(good, e_square, proposal, least, t, accepted + rejected);
    const V bounded = detail::smaller(detail::larger(proposal, least), V(longest));
    step = select(running > constant<V>(0.5), bounded, step);
    state = select(running > constant<V>(0.5), next, state);
  }

 private:
  /// The exponents act on squares here, so half of them; the squares are kept away from 0 because
  /// their logarithms are taken. An error that is no number asks for the smallest factor.
  template <class V>
  FLOWKIT_HD V proposed_factor(V e_square, V previous) const {
    using fn::select;
    using std::exp;
    using std::log;
    const V tiny = constant<V>(1e-30);
    const V half = constant<V>(0.5);
    const V bounded = detail::larger(e_square, tiny);
    const V last = detail::larger(previous, constant<V>(1e-8));
    const V power = half * (V(previous_exponent) * log(last) - V(error_exponent) * log(bounded));
    const V factor = detail::smaller(V(safety) * exp(power), V(largest_factor));
    return select(e_square - e_square < constant<V>(1), detail::larger(factor, V(smallest_factor)),
                  V(smallest_factor));
  }

  template <class V>
  FLOWKIT_HD V next_state(V good, V e_square, V proposal, V least, V t, V count) const {
    using fn::select;
    const V running = detail::state<V>(row_state::running);
    const V stuck =
        select(e_square - e_square < constant<V>(1), detail::state<V>(row_state::minimum_step),
               detail::state<V>(row_state::non_finite));
    const V gone_on =
        select(good > constant<V>(0.5), running, select(proposal < least, stuck, running));
    const V in_time = select(
        count < V(attempts), gone_on,
        select(gone_on > constant<V>(0.5), gone_on, detail::state<V>(row_state::step_limit)));
    const V arrived = select(t < V(end), in_time,
                             select(t > V(end), in_time, detail::state<V>(row_state::reached_end)));
    return select(good > constant<V>(0.5), arrived, in_time);
  }
};

/// 1 for samples that are still running, else 0.
struct is_running {
  static constexpr kernel_arity arity{0, 1};
  template <class V>
  FLOWKIT_HD V operator()(V state) const {
    using fn::select;
    return select(state < constant<V>(0.5), constant<V>(1), constant<V>(0));
  }
};

}  // namespace flowkit::fn
