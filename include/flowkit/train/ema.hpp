// Exponential moving average of trained values, with a decay that grows over the first steps.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/fn/optimizer.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit {

/// Power ramp of the decay. Defaults are those of diffusion policies (Chi et al. 2023); a power of
/// 2/3 suits runs of a million steps, 3/4 shorter ones.
struct ema_options {
  index_t update_after_step = 0;  ///< the average equals the values until then
  double inverse_gamma = 1;
  double power = 0.75;
  double minimum = 0;
  double maximum = 0.9999;
};

/// Decay of the average after `k` earlier updates: with q = k - update_after_step - 1,
///   decay = 0 if q <= 0, else clamp(1 - (1 + q / inverse_gamma)^-power, minimum, maximum).
[[nodiscard]] inline double ema_decay(const ema_options& options, index_t k) {
  const index_t q = k - options.update_after_step - 1;
  if (q <= 0) return 0;
  const double ramp =
      1 - std::pow(1 + static_cast<double>(q) / options.inverse_gamma, -options.power);
  return std::clamp(ramp, options.minimum, options.maximum);
}

/// The averaged values of a network: average = decay average + (1 - decay) values. Averages are
/// what is evaluated and deployed, and what teachers of self-distillation are.
template <class B>
class moving_average {
 public:
  /// Starts as a copy of the values, a flat tensor of a layout. Allocates.
  moving_average(B& be, const_view_of<B, 1> values, const ema_options& options = {})
      : average_(be, values.shape()), options_(options) {
    FLOWKIT_VALIDATE(options.inverse_gamma > 0 && options.minimum >= 0 &&
                         options.minimum <= options.maximum && options.maximum <= 1,
                     "an average with inverse_gamma ", options.inverse_gamma, " and decay in [",
                     options.minimum, ", ", options.maximum,
                     "] is none: inverse_gamma must be positive and 0 <= minimum <= maximum <= 1");
    FLOWKIT_VALIDATE(options.power >= 0 && std::isfinite(options.power),
                     "an average whose decay grows with the power ", options.power,
                     " never settles: choose a positive one, such as 3/4, or 0 for a decay that "
                     "stays at its minimum");
    be.copy(average_.view(), values);
  }

  /// Includes the values after step number `step`, counted from 0. One pass over memory; optimisers
  /// can do the same within theirs.
  void step(B& be, const_view_of<B, 1> values, index_t step) {
    FLOWKIT_VALIDATE(values.size() == average_.size(), "an average of ", average_.size(),
                     " numbers cannot include ", values.size(),
                     " values: they belong to different layouts; start the average from the values "
                     "that it is to follow");
    be.for_each(rule(step), average_.view(), values);
  }

  /// The update of that step as a functor.
  [[nodiscard]] fn::average_update<typename B::value_type> rule(index_t step) const {
    using T = typename B::value_type;
    const double decay = ema_decay(options_, step);
    return {static_cast<T>(decay), static_cast<T>(1 - decay)};
  }

  [[nodiscard]] view_of<B, 1> values() { return average_.view(); }
  [[nodiscard]] const_view_of<B, 1> values() const { return average_.view(); }

 private:
  tensor<B, 1> average_;
  ema_options options_;
};

}  // namespace flowkit
