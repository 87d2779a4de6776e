#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/intervals.hpp>

#include <cmath>
#include <limits>
#include <numbers>

namespace flowkit::policy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void validate_confidence(double confidence) {
  FLOWKIT_VALIDATE(confidence > 0 && confidence < 1, "a confidence of ", confidence,
                   " is no probability between 0 and 1; give for example 0.95");
}

void validate_probability(double p) {
  FLOWKIT_VALIDATE(p > 0 && p < 1, "the quantile at ", p,
                   " is infinite or does not exist: probabilities lie between 0 and 1");
}

/// Root of an increasing function by halving; stops when doubles do not resolve the middle.
template <class F>
double increasing_root(double low, double high, const F& f) {
  for (;;) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (f(middle) < 0 ? low : high) = middle;
  }
}

/// Probability that |T| <= t, t >= 0 (26.7.3 for odd, 26.7.4 for even degrees of freedom).
double student_central(double t, index_t freedom) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(freedom)));
  const double cosine = std::cos(angle);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = 0;
  for (index_t k = odd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= cosine * cosine * static_cast<double>(k + 1) / static_cast<double>(k + 2);
  }
  return odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

}  // namespace

double proportion::share() const noexcept {
  return trials > 0 ? static_cast<double>(successes) / static_cast<double>(trials) : nan;
}

double normal_upper_tail(double z) noexcept { return std::erfc(z / std::numbers::sqrt2) / 2; }

double normal_quantile(double p) {
  validate_probability(p);
  if (p == 0.5) return 0;
  // The tail is resolved relative to itself, 1 - p is not: search on the side of the smaller one.
  const double tail = p < 0.5 ? p : 1 - p;
  const double z =
      increasing_root(0, 40, [tail](double at) { return tail - normal_upper_tail(at); });
  return p < 0.5 ? -z : z;
}

double student_quantile(double p, index_t freedom) {
  validate_probability(p);
  FLOWKIT_VALIDATE(freedom >= 1, "Student's t with ", freedom,
                   " degrees of freedom does not exist: at least two values are needed");
  constexpr index_t practically_normal = 10'000;
  if (freedom > practically_normal) return normal_quantile(p);
  if (p == 0.5) return 0;
  const double central = std::abs(2 * p - 1);
  constexpr double largest = 1e12;
  const double t = increasing_root(
      0, largest, [&](double at) { return student_central(at, freedom) - central; });
  return p < 0.5 ? -t : t;
}

interval wilson_interval(const proportion& p, double confidence) {
  validate_confidence(confidence);
  FLOWKIT_VALIDATE(p.successes >= 0 && p.successes <= p.trials, p.successes, " successes in ",
                   p.trials, " trials are not possible");
  if (p.trials == 0) return {0, 1};
  const double z = normal_quantile((1 + confidence) / 2);
  const auto n = static_cast<double>(p.trials);
  const double share = p.share();
  const double centre = share + z * z / (2 * n);
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // Rounding must not push the ends of 0 % and 100 % past them.
  return {p.successes == 0 ? 0 : (centre - half) / scale,
          p.successes == p.trials ? 1 : (centre + half) / scale};
}

mean_estimate estimate_mean(std::span<const double> values, double confidence) {
  validate_confidence(confidence);
  mean_estimate out{.count = static_cast<index_t>(values.size()),
                    .mean = nan,
                    .deviation = nan,
                    .range = {nan, nan}};
  if (values.empty()) return out;
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) {
    FLOWKIT_VALIDATE(std::isfinite(value), "the value ", value,
                     " has no mean: leave out what was not measured");
    mean += value / n;
  }
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  out.mean = mean;
  if (out.count < 2) return out;
  out.deviation = std::sqrt(squares / (n - 1));
  const double half =
      student_quantile((1 + confidence) / 2, out.count - 1) * out.deviation / std::sqrt(n);
  out.range = {mean - half, mean + half};
  return out;
}

}  // namespace flowkit::policy
