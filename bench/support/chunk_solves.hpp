// Solvers on batches of states as wide as action chunks: what they add to a network.
#pragma once

#include "support/call_times.hpp"
#include "support/rates.hpp"
#include "support/tensors.hpp"

#include <flowkit/solver/adaptive.hpp>

#include <cmath>
#include <vector>

namespace flowkit::bench {

/// dx/dt = -x on any backend: one pass.
inline constexpr auto decay = [](auto& be, auto, auto x, auto velocity) {
  be.for_each(fn::scaled<float>{-1.0F}, velocity, x);
};

/// Whether x is what was there, times `factor`.
template <class B>
bool is_scaled(B& be, const tensor<B, 2>& x, const std::vector<float>& before, double factor,
               double error) {
  const std::vector<float> after = to_host(be, x.view());
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double expected = factor * static_cast<double>(before[i]);
    if (!(std::abs(static_cast<double>(after[i]) - expected) <= error)) return false;
  }
  return true;
}

/// Bytes that a Dormand-Prince step moves: velocities two arrays each; combinations write one and
/// read the state and their slopes.
inline double step_bytes(index_t n, index_t d) {
  constexpr double arrays = 6 * 2 + (3 + 4 + 5 + 6 + 7) + 7;
  return arrays * sizeof(float) * static_cast<double>(n * d);
}

/// One Dormand-Prince step of states as wide as action chunks, with a field that costs one pass:
/// what the solver adds to a network. The floor is the traffic of its passes.
template <class B>
void step_of_chunks(benchmark::State& state, B& be, index_t n, index_t d) {
  workspace<B> ws(be);
  tensor<B, 2> x = normal(be, extents<2>{n, d}, {1});
  const std::vector<float> before = to_host(be, x.view());
  const rk_scratch<dormand_prince, B> scratch(ws, x.shape());
  rk_step(be, decay, 0, 0.1, x.view(), scratch);
  if (!is_scaled(be, x, before, std::exp(-0.1), 2e-6)) return state.SkipWithError("wrong state");
  time_throughput(state, be, [&] { rk_step(be, decay, 0, 1e-9, x.view(), scratch); });
  report(state, be, {.bytes = step_bytes(n, d)});
}

/// The same equation from 0 to 1 with step control for every chunk. The floor is that of the passes
/// of as many steps, all samples in all of them, without those that control the steps.
template <class B>
void adaptive_chunks(benchmark::State& state, B& be, index_t n, index_t d) {
  constexpr double accuracy = 1e-4;
  workspace<B> ws(be);
  const tensor<B, 2> start = normal(be, extents<2>{n, d}, {1});
  tensor<B, 2> x(be, start.shape());
  integration_result result;
  const auto run = [&] {
    be.copy(x.view(), start.view());
    integrate(be, dormand_prince{}, decay, x.view(), {0, 1},
              {.relative = accuracy, .absolute = accuracy}, ws, result);
  };
  run();
  if (!is_scaled(be, x, to_host(be, start.view()), std::exp(-1), 20 * accuracy)) {
    return state.SkipWithError("wrong state");
  }
  time_calls(state, be, run);
  const auto total = result.total();
  const auto attempts = static_cast<double>(total.accepted + total.rejected);
  const double steps = attempts / static_cast<double>(n);
  const work one{.bytes = step_bytes(n, d)};
  report(state, {.bytes = steps * one.bytes}, steps * floor_of(be, one));
  state.counters["attempts"] = attempts;
}

}  // namespace flowkit::bench
