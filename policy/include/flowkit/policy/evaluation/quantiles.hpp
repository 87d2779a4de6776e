// Quantiles of samples, above all of latencies.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>

namespace flowkit::policy {

/// The value below which a share p of the samples lies, interpolated between neighbours: with
/// sorted samples x_0 ... x_(n-1) and h = (n - 1) p, it is x_floor(h) + (h - floor(h)) (x_(floor(h)
/// + 1) - x_floor(h)). NaN without samples. Throws invalid_input for p outside of [0, 1] or samples
/// that are not finite. *Allocates* a sorted copy.
/// Source: definition 7 of R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), 361-365.
[[nodiscard]] double quantile(std::span<const double> samples, double p);

/// How long something took, in the unit of the samples. NaN without samples.
struct latency_summary {
  index_t samples = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;  ///< with fewer than 100 samples this is close to the maximum
  double maximum = 0;
};

/// Summary of latencies; the caller has left out the first calls, which fill caches and memory.
/// Throws invalid_input for samples that are negative or not finite. *Allocates*.
[[nodiscard]] latency_summary summarize_latency(std::span<const double> samples);

}  // namespace flowkit::policy
