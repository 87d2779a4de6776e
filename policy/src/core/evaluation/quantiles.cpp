#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/quantiles.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace flowkit::policy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> sorted(std::span<const double> samples) {
  std::vector<double> out(samples.begin(), samples.end());
  for (const double sample : out) {
    FLOWKIT_VALIDATE(std::isfinite(sample), "the sample ", sample,
                     " has no place in an order: leave out what was not measured");
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Of sorted samples, of which there is at least one.
double quantile_of_sorted(const std::vector<double>& samples, double p) {
  const double place = static_cast<double>(samples.size() - 1) * p;
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  const double part = place - static_cast<double>(below);
  return samples[below] + part * (samples[above] - samples[below]);
}

}  // namespace

double quantile(std::span<const double> samples, double p) {
  FLOWKIT_VALIDATE(p >= 0 && p <= 1, "a quantile at ", p,
                   " does not exist: give a share between 0 and 1");
  return samples.empty() ? nan : quantile_of_sorted(sorted(samples), p);
}

latency_summary summarize_latency(std::span<const double> samples) {
  if (samples.empty()) return {.mean = nan, .p50 = nan, .p90 = nan, .p99 = nan, .maximum = nan};
  const std::vector<double> all = sorted(samples);
  FLOWKIT_VALIDATE(all.front() >= 0, "a latency of ", all.front(),
                   " is not possible: use a clock that does not go backwards");
  const auto n = static_cast<double>(all.size());
  return {.samples = static_cast<index_t>(all.size()),
          .mean = std::accumulate(all.begin(), all.end(), 0.0) / n,
          .p50 = quantile_of_sorted(all, 0.50),
          .p90 = quantile_of_sorted(all, 0.90),
          .p99 = quantile_of_sorted(all, 0.99),
          .maximum = all.back()};
}

}  // namespace flowkit::policy
