// Distributions of the time at which a flow is trained.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/fn/time_sampling.hpp>
#include <flowkit/objective/concepts.hpp>

namespace flowkit {

/// t uniform on (first, 1). The default keeps away from t = 0 as rectified flow does (Liu et al.
/// 2023), where some parameterisations are singular.
struct uniform_time {
  double first = 1e-3;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key key) const {
    using T = typename B::value_type;
    be.uniform(t, key);
    be.for_each(fn::affine<T>{static_cast<T>(1 - first), static_cast<T>(first)}, t,
                const_view_of<B, 1>(t));
  }
};

/// t = 1 / (1 + exp(-(mean + deviation z))) with z standard normal (Esser et al. 2024, equation
/// 19). A negative mean favours noisy samples.
struct logit_normal_time {
  double mean = 0;
  double deviation = 1;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key key) const {
    using T = typename B::value_type;
    be.normal(t, key);
    be.for_each(fn::logit_normal<T>{static_cast<T>(mean), static_cast<T>(deviation)}, t);
  }
};

/// The same t for every sample: one-step distillation.
struct fixed_time {
  double time = 1e-3;

  template <class B>
  void draw(B& be, view_of<B, 1> t, rng_key) const {
    be.fill(t, static_cast<typename B::value_type>(time));
  }
};

}  // namespace flowkit
