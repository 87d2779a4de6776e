// Times of single calls: what a robot waits for is a percentile, not a mean.
#pragma once

#include <flowkit/core/space.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <vector>

namespace flowkit::bench {

/// Collects how long calls take.
class call_times {
 public:
  /// Times f, which is so many calls.
  template <class F>
  void operator()(const F& f, int calls = 1) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    seconds_.push_back(took.count() / calls);
  }

  /// The least time that at least this share of the calls did not exceed, in seconds; of few calls
  /// the 99th percentile is the slowest. There was at least one call.
  double percentile(double share) {
    std::sort(seconds_.begin(), seconds_.end());
    const double rank = std::ceil(share * static_cast<double>(seconds_.size()));
    return seconds_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
  }

  /// Adds the counters `least`, `p50` and `p99` in seconds.
  void report(benchmark::State& state) {
    state.counters["least"] = percentile(0);
    state.counters["p50"] = percentile(0.5);
    state.counters["p99"] = percentile(0.99);
  }

 private:
  std::vector<double> seconds_;
};

/// Times every iteration of a benchmark, with the work that it leaves behind in the queue of a
/// backend, and adds the counters `least`, `p50` and `p99` in seconds.
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
  times.report(state);
}

/// Times operations whose caller does not wait for them. On a device many are queued and then
/// waited for, because waiting takes longer than most of them; the counters are of the mean of so
/// many. Operations that take less than the host needs to queue one show that instead of
/// themselves. On a host nothing is queued, and a clock in the loop would be a part of short
/// operations: there are no counters.
template <class B, class F>
void time_throughput(benchmark::State& state, B& be, const F& f) {
  if constexpr (std::same_as<typename B::space, host_space>) {
    for (auto _ : state) f();
  } else {
    constexpr int together = 64;
    call_times times;
    be.synchronize();
    while (state.KeepRunningBatch(together)) {
      times(
          [&] {
            for (int i = 0; i < together; ++i) f();
            be.synchronize();
          },
          together);
    }
    times.report(state);
  }
}

}  // namespace flowkit::bench
