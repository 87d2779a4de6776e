// Random times of training from standard draws.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

/// t = logistic(mean + deviation t): a standard normal draw becomes a logit-normal time in (0, 1).
template <class S>
struct logit_normal {
  static constexpr kernel_arity arity{1, 0};
  S mean;
  S deviation;
  template <class V>
  FLOWKIT_HD void operator()(V& t) const {
    using std::exp;
    t = constant<V>(1) / (constant<V>(1) + exp(-(V(mean) + V(deviation) * t)));
  }
};

}  // namespace flowkit::fn
