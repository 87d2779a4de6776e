#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/paired_outcomes.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowkit::policy {
namespace {

/// Correlation of the pairs, shrunk towards zero by Newcombe's continuity correction.
double corrected_phi(const paired_outcomes& o) {
  const auto a = static_cast<double>(o.both);
  const auto b = static_cast<double>(o.only_first);
  const auto c = static_cast<double>(o.only_second);
  const auto d = static_cast<double>(o.neither);
  const double margins = (a + b) * (c + d) * (a + c) * (b + d);
  if (margins == 0) return 0;
  const double agreement = a * d - b * c;
  const double half = (a + b + c + d) / 2;
  const double corrected = agreement > 0 ? std::max(agreement - half, 0.0) : agreement;
  return corrected / std::sqrt(margins);
}

/// Length of the sum of two deviations with the given correlation between their sources.
double combined(double x, double y, double correlation) {
  return std::sqrt(std::max(0.0, x * x - 2 * correlation * x * y + y * y));
}

}  // namespace

double paired_outcomes::difference() const noexcept {
  if (episodes() == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(only_first - only_second) / static_cast<double>(episodes());
}

double sign_test(index_t first, index_t second) {
  FLOWKIT_VALIDATE(first >= 0 && second >= 0, "counts of ", first, " and ", second,
                   " are not possible: they are not negative");
  const index_t n = first + second;
  const index_t least = std::min(first, second);
  // Terms of the binomial distribution by their ratio, in logarithms: 2^-n underflows beyond 1000.
  double log_term = -static_cast<double>(n) * std::log(2.0);
  double sum = std::exp(log_term);
  for (index_t k = 1; k <= least; ++k) {
    log_term += std::log(static_cast<double>(n - k + 1) / static_cast<double>(k));
    sum += std::exp(log_term);
  }
  return std::min(1.0, 2 * sum);
}

double mcnemar_exact(const paired_outcomes& outcomes) {
  return sign_test(outcomes.only_first, outcomes.only_second);
}

interval newcombe_interval(const paired_outcomes& o, double confidence) {
  FLOWKIT_VALIDATE(std::min({o.both, o.only_first, o.only_second, o.neither}) >= 0,
                   "paired outcomes of ", o.both, ", ", o.only_first, ", ", o.only_second, " and ",
                   o.neither, " episodes are not possible: counts are not negative");
  const index_t n = o.episodes();
  const proportion first{o.both + o.only_first, n};
  const proportion second{o.both + o.only_second, n};
  const interval of_first = wilson_interval(first, confidence);
  const interval of_second = wilson_interval(second, confidence);
  if (n == 0) return {-1, 1};
  const double p1 = first.share();
  const double p2 = second.share();
  const double phi = corrected_phi(o);
  return {p1 - p2 - combined(p1 - of_first.low, of_second.high - p2, phi),
          p1 - p2 + combined(of_first.high - p1, p2 - of_second.low, phi)};
}

}  // namespace flowkit::policy
