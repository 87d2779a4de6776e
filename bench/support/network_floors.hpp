// What a benchmark of networks could reach: floors of evaluations and of training steps.
#pragma once

#include "support/call_times.hpp"
#include "support/rates.hpp"

#include <flowkit/backend/replay.hpp>
#include <flowkit/core/rng.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::bench {

/// Seconds of an evaluation: the weights are read once, on a GPU in the format of products, in
/// which they could be stored.
template <class B>
double evaluation_floor(B& be, double flop, double weights) {
  const double bytes = weights * (on_gpu<B> ? gpu_weight_bytes(precision_of(be)) : 4);
  return std::max(flop / product_rate(be), bytes / memory_rate<B>(bytes));
}

/// Seconds of a training step: products, then values, gradients, two moments and the average, all
/// read and written.
template <class B>
double training_floor(B& be, double flop, double weights) {
  const double bytes = 10.0 * sizeof(float) * weights;
  return flop / product_rate(be) + bytes / memory_rate<B>(bytes);
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
void time_steps(benchmark::State& state, B& be, Run& run, double flop) {
  key_sequence keys(7);
  for (int i = 0; i < warm_up_calls<B>; ++i) run.take_step(keys.next());
  if (!std::isfinite(run.step.loss())) return state.SkipWithError("loss is not finite");
  time_calls(state, be, [&] { run.take_step(keys.next()); });
  const auto weights = static_cast<double>(run.layout.parameter_count());
  report_floor(state, training_floor(be, flop, weights), weights);
}

}  // namespace flowkit::bench
