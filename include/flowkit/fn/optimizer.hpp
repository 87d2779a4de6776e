// Updates of trained values, one element at a time: optimisers, moving average, gradient clipping.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

// Numbers that change with the step count are formed in double by the caller and rounded once. The
// factor on the gradient is an input, not a member: it is a result of the same step (clipping), and
// the host never reads it. The gradient is left at zero, ready for the next step to add to.

/// AdamW with decoupled decay (Loshchilov and Hutter 2019, algorithm 2), with g = scale * gradient:
///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
///   value = keep value - rate m / (deviation sqrt(v) + epsilon),
/// where keep = 1 - learning rate * decay, rate = learning rate / (1 - beta1^t) and
/// deviation = 1 / sqrt(1 - beta2^t).
template <class S>
struct adamw_update {
  static constexpr kernel_arity arity{4, 1};
  S keep;
  S rate;
  S beta1;
  S rest1;  ///< 1 - beta1
  S beta2;
  S rest2;  ///< 1 - beta2
  S deviation;
  S epsilon;
  template <class V>
  FLOWKIT_HD void operator()(V& value, V& gradient, V& m, V& v, V scale) const {
    using std::sqrt;
    const V g = scale * gradient;
    m = V(beta1) * m + V(rest1) * g;
    v = V(beta2) * v + V(rest2) * g * g;
    value = V(keep) * value - V(rate) * m / (V(deviation) * sqrt(v) + V(epsilon));
    gradient = constant<V>(0);
  }
};

/// Gradient descent with momentum (Polyak 1964) and decoupled decay:
///   m = momentum m + scale * gradient,   value = keep value - rate m.
template <class S>
struct sgd_update {
  static constexpr kernel_arity arity{3, 1};
  S keep;  ///< 1 - learning rate * decay
  S rate;  ///< learning rate
  S momentum;
  template <class V>
  FLOWKIT_HD void operator()(V& value, V& gradient, V& m, V scale) const {
    m = V(momentum) * m + scale * gradient;
    value = V(keep) * value - V(rate) * m;
    gradient = constant<V>(0);
  }
};

/// average = keep average + take value: one step of an exponential moving average.
/// Not average + take (value - average), so that keep = 0 copies the value exactly.
template <class S>
struct average_update {
  static constexpr kernel_arity arity{1, 1};
  S keep;
  S take;  ///< 1 - keep, rounded once
  template <class V>
  FLOWKIT_HD void operator()(V& average, V value) const {
    average = V(keep) * average + V(take) * value;
  }
};

/// An update of values followed by their moving average, in one pass over memory.
template <class S, class Update>
struct averaged {
  static constexpr kernel_arity arity{Update::arity.outputs + 1, Update::arity.inputs};
  Update update;
  average_update<S> average_step;
  template <class V, class... Rest>
  FLOWKIT_HD void operator()(V& average, V& value, Rest&&... rest) const {
    update(value, rest...);
    average_step(average, value);
  }
};

/// Factor that shortens a gradient of squared norm `squares` to norm `limit` at most
/// (Pascanu et al. 2013).
template <class S>
struct clip_factor {
  static constexpr kernel_arity arity{1, 1};
  S limit;
  template <class V>
  FLOWKIT_HD void operator()(V& factor, V squares) const {
    using fn::select;
    using std::sqrt;
    const V norm = sqrt(squares);
    factor = select(norm > V(limit), V(limit) / norm, constant<V>(1));
  }
};

}  // namespace flowkit::fn
