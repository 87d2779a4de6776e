// What it costs to share out work: the reason for the break-even points of thread_pool.
//
// shared/<worker>/<microseconds>: a loop of two halves that together take one thread that long,
// with a worker that spins or one that sleeps when the loop begins. Counter `alone` is the time of
// the same work on the calling thread; sharing pays where the time is below it. empty/<worker> is
// the cost alone. Medians of single calls in microseconds, so that what else runs on the machine
// does not count.
#include <flowkit/core/thread_pool.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace {

using namespace flowkit;
using clock_type = std::chrono::steady_clock;
using microseconds = std::chrono::duration<double, std::micro>;

/// Work that no other thread can disturb: additions that wait for each other.
void work(index_t additions) {
  double sum = 0;
  for (index_t i = 0; i < additions; ++i) benchmark::DoNotOptimize(sum += 1.0);
}

template <class F>
double median_of(int calls, const F& f) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) times.push_back(f());
  std::nth_element(times.begin(), times.begin() + calls / 2, times.end());
  return times[static_cast<std::size_t>(calls / 2)];
}

template <class F>
double taken(const F& f) {
  const clock_type::time_point begin = clock_type::now();
  f();
  return microseconds(clock_type::now() - begin).count();
}

/// Additions of a microsecond.
double rate() {
  constexpr index_t many = 100'000;
  return static_cast<double>(many) / median_of(51, [] { return taken([] { work(many); }); });
}

enum class worker { spins, sleeps };

void shared(benchmark::State& state, worker w) {
  thread_pool pool(2);
  const auto additions = static_cast<index_t>(rate() * static_cast<double>(state.range(0)));
  const auto halves = [&] { pool.for_each_index(2, [&](index_t) { work(additions / 2); }); };
  const auto once = [&] {
    if (w == worker::sleeps) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    } else {
      pool.for_each_index(2, [](index_t) {});
    }
    return taken(halves);
  };
  for (auto _ : state) state.SetIterationTime(1e-6 * median_of(101, once));
  state.counters["alone"] = median_of(101, [&] { return taken([&] { work(additions); }); });
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const int size : {0, 5, 10, 20, 50, 100, 200}) b->Arg(size);
  b->Unit(benchmark::kMicrosecond)->UseManualTime()->Iterations(1);
}

BENCHMARK_CAPTURE(shared, spins, worker::spins)->Apply(sizes);
BENCHMARK_CAPTURE(shared, sleeps, worker::sleeps)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
