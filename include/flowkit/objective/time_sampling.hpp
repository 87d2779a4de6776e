// Distributions of the time at which a flow is trained.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/scalar_option.hpp>
#include <flowkit/fn/time_sampling.hpp>
#include <flowkit/objective/concepts.hpp>

namespace flowkit {

/// t uniform on (first, 1). The default keeps away from t = 0 as rectified flow does (Liu et al.
/// 2023), where some parameterisations are singular. Drawing throws invalid_input unless `first` is
/// in [0, 1).
struct uniform_time {
  double first = 1e-3;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key key) const {
    using T = typename B::value_type;
    FLOWKIT_VALIDATE(first >= 0 && first < 1, "uniform times from ", first,
                     " to 1: times lie between noise at 0 and data at 1; begin in [0, 1)");
    be.uniform(t, key);
    be.for_each(fn::affine<T>{static_cast<T>(1 - first), static_cast<T>(first)}, t,
                const_view_of<B, 1>(t));
  }
};

/// t = 1 / (1 + exp(-(mean + deviation z))) with z standard normal (Esser et al. 2024, equation
/// 19). A negative mean favours noisy samples. Drawing throws invalid_input unless the mean is
/// finite and the deviation finite and not negative.
struct logit_normal_time {
  double mean = 0;
  double deviation = 1;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key key) const {
    using T = typename B::value_type;
    const detail::scalar_option<T> centre(mean);
    const detail::scalar_option<T> spread(deviation);
    FLOWKIT_VALIDATE(centre.finite() && spread.not_negative(), "logit-normal times with mean ",
                     centre, " and deviation ", spread,
                     " are undefined: give finite numbers and a deviation of at least 0");
    be.normal(t, key);
    be.for_each(fn::logit_normal<T>{centre.held, spread.held}, t);
  }
};

/// The same t for every sample: one-step distillation. Drawing throws invalid_input unless `time`
/// is in [0, 1].
struct fixed_time {
  double time = 1e-3;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key) const {
    FLOWKIT_VALIDATE(time >= 0 && time <= 1, "training at time ", time,
                     ": there is no sample outside [0, 1], from noise at 0 to data at 1");
    be.fill(t, static_cast<typename B::value_type>(time));
  }
};

}  // namespace flowkit
