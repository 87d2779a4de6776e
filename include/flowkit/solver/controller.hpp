// How adaptive integration chooses the next step from the errors of the last ones.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/scalar_option.hpp>
#include <flowkit/fn/step_control.hpp>

#include <cmath>
#include <concepts>
#include <limits>

namespace flowkit {

/// The rule for the next step of a sample,
///   h_next = h clamp(safety e^(-error_gain / p) e_previous^(previous_gain / p)),
/// with e the error norm of the attempt (1 = as large as the tolerance), e_previous that of the
/// last accepted one and p the order of the error estimate + 1. After a rejection a step does not
/// grow.
struct step_controller {
  double safety = 0.9;
  double smallest_factor = 0.2;
  double largest_factor = 10;
  double error_gain = 0.7;
  double previous_gain = 0.4;
};

/// Proportional-integral control (Gustafsson 1991): smooth step sizes, fewer rejections where the
/// field grows stiff. The default of step_controller.
[[nodiscard]] constexpr step_controller pi_control() { return {}; }

/// Integral control with the constants of scipy.integrate.solve_ivp.
[[nodiscard]] constexpr step_controller integral_control() {
  return {.error_gain = 1, .previous_gain = 0};
}

/// Settings of adaptive integration. The error norm of a sample is
///   sqrt(mean_i (error_i / (absolute + relative max(|x_i|, |x_i after|)))^2) <= 1.
struct adaptive_options {
  double relative = 1e-5;  ///< tolerance relative to the state
  double absolute = 1e-5;  ///< tolerance in units of the state
  double first_step = 0;   ///< 0: by Hairer's rule, which costs one evaluation
  double longest_step = std::numeric_limits<double>::infinity();
  index_t attempts = 10000;  ///< accepted and rejected steps of one sample
  index_t block_rows = 0;    ///< samples integrated together; 0: as many as suit the caches
  step_controller controller{};
};

namespace detail {

/// Throws invalid_input for options that cannot work in scalars T.
template <std::floating_point T>
void check_options(const adaptive_options& o) {
  constexpr auto epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const scalar_option<T> relative(o.relative);
  const scalar_option<T> absolute(o.absolute);
  FLOWKIT_VALIDATE(relative.not_negative() && absolute.not_negative() &&
                       (relative.positive() || absolute.positive()),
                   "tolerances relative ", relative, ", absolute ", absolute,
                   ": neither may be negative or infinite and one must be positive; 1e-5 is usual");
  FLOWKIT_VALIDATE(o.relative >= 4 * epsilon || absolute.positive(), "relative tolerance ",
                   o.relative, " is below 4 epsilon = ", 4 * epsilon,
                   " of the scalar type and cannot be met: raise it, add an absolute tolerance, or "
                   "integrate in double");
  FLOWKIT_VALIDATE(o.first_step >= 0 && o.longest_step > 0, "first step ", o.first_step,
                   ", longest step ", o.longest_step,
                   ": steps are lengths; the direction follows from the time span");
  FLOWKIT_VALIDATE(o.attempts > 0 && o.attempts <= (index_t{1} << 24) && o.block_rows >= 0,
                   "attempts ", o.attempts, " (1 to 2^24), block_rows ", o.block_rows,
                   " (0 or more): out of range");
  const step_controller& c = o.controller;
  FLOWKIT_VALIDATE(c.safety > 0 && c.safety < 1 && c.smallest_factor > 0 && c.smallest_factor < 1 &&
                       c.largest_factor > 1 && c.error_gain > 0 && std::isfinite(c.previous_gain),
                   "step controller with safety ", c.safety, ", factors ", c.smallest_factor,
                   " to ", c.largest_factor, ", gain ", c.error_gain,
                   ": 0 < safety < 1, 0 < smallest < 1 < largest and a positive gain are needed");
}

}  // namespace detail
}  // namespace flowkit
