// Schedules of affine probability paths.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/scalar_option.hpp>
#include <flowkit/fn/path.hpp>

#include <concepts>

namespace flowkit {

/// alpha = t, sigma = 1 - t.
using linear_schedule = fn::linear_coefficients;

/// alpha = sin(pi t / 2), sigma = cos(pi t / 2).
using cosine_schedule = fn::cosine_coefficients;

/// The variance-preserving diffusion with rates b0 at the data and b1 at the noise (Song et al.
/// 2021), in the time of flows: t = 0 noise, t = 1 data. x_0 holds a share exp(-(b0 + b1) / 4) of
/// the data (0.7 % with the usual rates), and the velocity has a pole at t = 1.
class variance_preserving_schedule {
 public:
  constexpr variance_preserving_schedule() = default;
  /// Throws invalid_input unless 0 < b0 <= b1 and both are finite.
  variance_preserving_schedule(double rate_at_data, double rate_at_noise)
      : rate_at_data_(rate_at_data), rate_at_noise_(rate_at_noise) {
    check<double>();
  }

  /// The schedule in scalars S, as kernels of a backend use it. Throws invalid_input for rates that
  /// S cannot hold.
  template <class S>
  [[nodiscard]] constexpr fn::variance_preserving_coefficients<S> in() const {
    if constexpr (std::floating_point<S>) check<S>();  // not a dual number of one
    return {static_cast<S>(rate_at_data_), static_cast<S>(rate_at_noise_)};
  }

  template <class T>
  [[nodiscard]] fn::path_coefficients<T> operator()(T t) const {
    return in<T>()(t);
  }

 private:
  template <class S>
  constexpr void check() const {
    const detail::scalar_option<S> data(rate_at_data_);
    const detail::scalar_option<S> noise(rate_at_noise_);
    FLOWKIT_VALIDATE(data.positive() && noise.finite() && noise.given >= data.given,
                     "variance-preserving schedule with rates ", data, " to ", noise,
                     ": they must be positive, finite and not fall towards the noise; 0.1 to 20 "
                     "are usual");
  }

  double rate_at_data_ = 0.1;
  double rate_at_noise_ = 20;
};

namespace detail {

/// The form of a schedule that kernels with scalars S carry; schedules without constants are it.
template <class S, class Schedule>
constexpr auto coefficients_in(const Schedule& schedule) {
  if constexpr (requires { schedule.template in<S>(); }) {
    return schedule.template in<S>();
  } else {
    return schedule;
  }
}

/// Runs a path functor: in the library of the backend if it is listed there, else as written here.
template <class B, class F, class... Views>
void run_path_pass(B& be, const F& f, const Views&... views) {
  if constexpr (fn::KernelFunctor<F>) {
    be.for_each(f, views...);
  } else {
    be.for_each([f](auto&&... v) { f(v...); }, views...);
  }
}

}  // namespace detail
}  // namespace flowkit
