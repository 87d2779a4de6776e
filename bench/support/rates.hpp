// What a backend could reach: a host as this program measures it, a GPU by its data sheet.
#pragma once

#include "support/floor.hpp"
#include "support/gpu_rates.hpp"

#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/rng.hpp>

#include <algorithm>
#include <map>

namespace flowkit::bench {

/// The format of the operands of products.
template <class B>
precision precision_of(const B& be) {
  if constexpr (requires { be.precision(); }) return be.precision();
  return precision::f32;
}

/// Operations per second of a large square product of a host backend, measured now.
template <class B>
double rate_of(B& be) {
  using T = typename B::value_type;
  constexpr index_t n = 1024;
  tensor<B, 2> a(be, {n, n});
  tensor<B, 2> c(be, {n, n});
  be.normal(a.view(), {1, 0});
  const double seconds = fastest(
      15, [&] { be.gemm(transpose::no, transpose::no, T(1), a.view(), a.view(), T(0), c.view()); });
  return 2.0 * static_cast<double>(n * n * n) / seconds;
}

/// Operations per second of products: the largest rate seen, so that noise of the machine lowers
/// none.
template <class B>
double product_rate(B& be) {
  if constexpr (on_gpu<B>) {
    return gpu_product_rate(precision_of(be));
  } else {
    static std::map<precision, double> known;
    double& rate = known[precision_of(be)];
    return rate = std::max(rate, rate_of(be));
  }
}

/// Bytes per second of passes over so many.
template <class B>
double memory_rate(double bytes) {
  return on_gpu<B> ? gpu_bandwidth : bandwidth(bytes);
}

/// Seconds below which a backend cannot do the work: the slower of memory and arithmetic.
template <class B>
double floor_of(B& be, const work& w) {
  const double memory = w.bytes / memory_rate<B>(w.bytes);
  return std::max(memory, w.flop > 0 ? w.flop / product_rate(be) : 0.0);
}

/// Adds the counters of the work on a backend. Call it after the loop.
template <class B>
void report(benchmark::State& state, B& be, const work& w) {
  report(state, w, floor_of(be, w));
}

}  // namespace flowkit::bench
