// What a benchmark of networks could reach: rates of this machine in the precision of a case, and
// the floors that follow from them.
#pragma once

#include "support/call_times.hpp"
#include "support/floor.hpp"
#include "support/gpu_rates.hpp"

#include <flowkit/backend/replay.hpp>
#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace flowkit::bench {

/// Operations per second of a large square product of a backend, measured now.
template <class B>
double rate_of(B& be) {
  constexpr index_t n = 1024;
  tensor<B, 2> a(be, {n, n});
  tensor<B, 2> c(be, {n, n});
  be.normal(a.view(), {1, 0});
  const double seconds = fastest(
      15, [&] { be.gemm(transpose::no, transpose::no, 1.0F, a.view(), a.view(), 0.0F, c.view()); });
  return 2.0 * static_cast<double>(n * n * n) / seconds;
}

inline precision precision_of(const std::string& configuration) {
  if (configuration.ends_with("bf16")) return precision::bf16;
  return configuration.ends_with("tf32") ? precision::tf32 : precision::f32;
}

/// Rates per configuration: the largest seen, so that noise of the machine lowers none.
template <class B>
double product_rate(B& be, const std::string& configuration) {
  if constexpr (on_gpu<B>) return gpu_product_rate(precision_of(configuration));
  static std::map<std::string, double> known;
  double& rate = known[configuration];
  rate = std::max(rate, rate_of(be));
  return rate;
}

/// Bytes per second of passes over so many.
template <class B>
double memory_rate(double bytes) {
  return on_gpu<B> ? gpu_bandwidth : bandwidth(bytes);
}

/// Seconds of an evaluation: the weights are read once, on a GPU in the format of products, in
/// which they could be stored.
template <class B>
double evaluation_floor(B& be, const std::string& configuration, double flop, double weights) {
  const double bytes = weights * (on_gpu<B> ? gpu_weight_bytes(precision_of(configuration)) : 4);
  return std::max(flop / product_rate(be, configuration), bytes / memory_rate<B>(bytes));
}

/// Seconds of a training step: products, then values, gradients, two moments and the average, all
/// read and written.
template <class B>
double training_floor(B& be, const std::string& configuration, double flop, double weights) {
  const double bytes = 10.0 * sizeof(float) * weights;
  return flop / product_rate(be, configuration) + bytes / memory_rate<B>(bytes);
}

inline void report_floor(benchmark::State& state, double floor, double parameters) {
  report_floor(state, floor);
  state.counters["parameters"] = parameters;
}

/// Calls before the timed ones: scratch grows, becomes one block, is left alone, is recorded.
template <class B>
constexpr int warm_up_calls = RecordingBackend<B> ? 4 : 2;

/// Times steps of a run that costs so many operations in products.
template <class B, class Run>
void time_steps(benchmark::State& state, B& be, const std::string& configuration, Run& run,
                double flop) {
  key_sequence keys(7);
  for (int i = 0; i < warm_up_calls<B>; ++i) run.take_step(keys.next());
  if (!std::isfinite(run.step.loss())) return state.SkipWithError("loss is not finite");
  time_calls(state, be, [&] { run.take_step(keys.next()); });
  const auto weights = static_cast<double>(run.layout.parameter_count());
  report_floor(state, training_floor(be, configuration, flop, weights), weights);
}

}  // namespace flowkit::bench
