// Estimates with their uncertainty: proportions, means, quantiles of the distributions they need.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>

namespace flowkit::policy {

/// Ends of an interval.
struct interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const interval&, const interval&) = default;
};

/// Successes among independent trials.
struct proportion {
  index_t successes = 0;
  index_t trials = 0;

  /// Successes per trial; NaN without trials.
  [[nodiscard]] double share() const noexcept;
  friend bool operator==(const proportion&, const proportion&) = default;
};

/// Wilson's score interval of a proportion; [0, 1] without trials. Unlike the interval from the
/// normal approximation it stays inside [0, 1] and does not collapse at 0 % and 100 %.
/// Throws invalid_input unless 0 <= successes <= trials and 0 < confidence < 1.
/// Source: E. B. Wilson, JASA 22 (1927), 209-212.
[[nodiscard]] interval wilson_interval(const proportion& p, double confidence = 0.95);

/// A mean of independent values and how well it is known.
struct mean_estimate {
  index_t count = 0;
  double mean = 0;       ///< NaN without values
  double deviation = 0;  ///< sample standard deviation (divisor count - 1); NaN below two values
  interval range{};      ///< of the mean, by Student's t; NaN below two values
};

/// Mean, deviation and t interval, e.g. of one figure over training seeds. Values are finite;
/// throws invalid_input otherwise, or unless 0 < confidence < 1.
[[nodiscard]] mean_estimate estimate_mean(std::span<const double> values, double confidence = 0.95);

/// The z that a standard normal variable does not exceed with probability p, 0 < p < 1.
/// Accurate to about 1e-14 relative to max(1, |z|) between p = 1e-300 and 1 - 1e-12.
[[nodiscard]] double normal_quantile(double p);

/// Probability that a standard normal variable exceeds z.
[[nodiscard]] double normal_upper_tail(double z) noexcept;

/// The same quantile of Student's t with `freedom` >= 1 degrees of freedom. Beyond 10 000 degrees
/// the normal quantile is returned (2e-4 smaller at p = 0.975).
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
[[nodiscard]] double student_quantile(double p, index_t freedom);

}  // namespace flowkit::policy
