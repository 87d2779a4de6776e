// Times of single calls: what a robot waits for is a percentile, not a mean.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace flowkit::bench {

/// Collects how long calls take.
class call_times {
 public:
  template <class F>
  void operator()(const F& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    seconds_.push_back(took.count());
  }

  /// The least time that at least this share of the calls did not exceed, in seconds; of few calls
  /// the 99th percentile is the slowest. There was at least one call.
  double percentile(double share) {
    std::sort(seconds_.begin(), seconds_.end());
    const double rank = std::ceil(share * static_cast<double>(seconds_.size()));
    return seconds_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
  }

 private:
  std::vector<double> seconds_;
};

/// Times every iteration of a benchmark, with the work that it leaves behind in the queue of a
/// backend, and adds the counters `p50` and `p99` in seconds.
template <class B, class F>
void time_calls(benchmark::State& state, B& be, const F& f) {
  call_times times;
  be.synchronize();
  for (auto _ : state) {
    times([&] {
      f();
      be.synchronize();
    });
  }
  state.counters["p50"] = times.percentile(0.5);
  state.counters["p99"] = times.percentile(0.99);
}

}  // namespace flowkit::bench
