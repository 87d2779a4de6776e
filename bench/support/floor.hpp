// What the host can do at best, measured in the same run as the figures beside it.
#pragma once

#include <flowkit/backends/eigen.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

namespace flowkit::bench {

/// Seconds of the fastest of several calls.
template <class F>
double fastest(int calls, const F& f) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < calls; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

/// Bytes per second of y += x, two reads and one write, where x and y together take `footprint`
/// bytes: small footprints stay in the caches, those beyond 2 GiB have its rate. Measured once per
/// power of two.
inline double bandwidth(double footprint) {
  static std::map<index_t, double> known;
  constexpr index_t largest = index_t{1} << 28;
  index_t size = 1024;
  while (size < largest && 2.0 * sizeof(float) * static_cast<double>(size) < footprint) size *= 2;
  const auto found = known.find(size);
  if (found != known.end()) return found->second;
  eigen<float> be;
  tensor<eigen<float>, 1> x(be, {size});
  tensor<eigen<float>, 1> y(be, {size});
  be.fill(x.view(), 1.0F);
  be.fill(y.view(), 1.0F);
  const int repeats = static_cast<int>(std::max<index_t>(1, (index_t{1} << 20) / size));
  const double seconds = fastest(7, [&] {
    for (int i = 0; i < repeats; ++i) {
      be.for_each(fn::add_to{}, y.view(), const_view_of<eigen<float>, 1>(x.view()));
    }
  });
  return known[size] = 3.0 * sizeof(float) * static_cast<double>(size) * repeats / seconds;
}

/// Floating-point operations per second of a large square matrix product.
inline double product_rate() {
  static const double rate = [] {
    constexpr index_t n = 1024;
    eigen<float> be;
    tensor<eigen<float>, 2> a(be, {n, n});
    tensor<eigen<float>, 2> c(be, {n, n});
    be.normal(a.view(), {1, 0});
    const double seconds = fastest(7, [&] {
      be.gemm(transpose::no, transpose::no, 1.0F, a.view(), a.view(), 0.0F, c.view());
    });
    return 2.0 * static_cast<double>(n * n * n) / seconds;
  }();
  return rate;
}

/// The work that a case cannot avoid.
struct work {
  double bytes = 0;
  double flop = 0;
};

/// Seconds below which the work cannot be done: the slower of memory and arithmetic.
inline double floor_of(const work& w) {
  const double memory = w.bytes / bandwidth(w.bytes);
  return std::max(memory, w.flop > 0 ? w.flop / product_rate() : 0.0);
}

/// Adds the counters `floor` in seconds and `share` = floor / time. Call it after the loop.
inline void report_floor(benchmark::State& state, double floor) {
  state.counters["floor"] = floor;
  state.counters["share"] = benchmark::Counter(floor * static_cast<double>(state.iterations()),
                                               benchmark::Counter::kIsRate);
}

/// The same for work with that floor, and its rates.
inline void report(benchmark::State& state, const work& w, double floor) {
  using benchmark::Counter;
  report_floor(state, floor);
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["bytes/s"] = Counter(w.bytes * iterations, Counter::kIsRate);
  if (w.flop > 0) state.counters["FLOP/s"] = Counter(w.flop * iterations, Counter::kIsRate);
}

/// The same for work on the host that no backend does.
inline void report(benchmark::State& state, const work& w) { report(state, w, floor_of(w)); }

}  // namespace flowkit::bench
