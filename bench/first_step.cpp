// How long a process takes from its start to its first training step, and how much memory it has
// held by then.
//
// Names are <network>/<batch>/<backend and precision>; each case stands for a process of its own,
// so choose one with --benchmark_filter. The time is that of the step. Counters: `since_start` is
// the time in seconds from the start of the process to the end of the step; in bytes, `before` is
// the memory that the process holds before there is a network (with CUDA mostly its libraries),
// `peak` the most that it has held after three steps, and `limit` 5.5 times the parameters plus the
// activations of a step; `share` is (peak - before) / limit.
#include "support/backends.hpp"
#include "support/unet_runs.hpp"

#include <cmath>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

using namespace flowkit;
using namespace flowkit::bench;

/// Seconds since this process was started, to 10 ms: field 22 of /proc/self/stat.
double process_age() {
  std::ifstream file("/proc/self/stat");
  file.ignore(std::numeric_limits<std::streamsize>::max(), ')');
  std::string field;
  for (int i = 3; i <= 22; ++i) file >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) -
         std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Memory of this process in bytes: what it holds (VmRSS) or has held at most (VmHWM).
double memory(std::string_view what) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word != what) continue;
    double kilobytes = 0;
    file >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

template <class B>
void take_first_step(benchmark::State& state, B& be, const unet_case& one, index_t batch) {
  const double before = memory("VmRSS:");
  auto run = unet_training(be, one.options, batch);
  for (auto turn : state) {
    run.take_step({1});
    const double loss = run.step.loss();
    state.counters["since_start"] = process_age();
    if (!std::isfinite(loss)) return state.SkipWithError("loss is not finite");
  }
  run.take_step({2});
  run.take_step({3});
  const double peak = memory("VmHWM:");
  workspace<B> activations(be);
  run.objective(be, run.store.view(),
                training_batch<B>{.x1 = run.x.view(), .condition = run.c.view()}, rng_key{4},
                activations);
  const double limit =
      5.5 * sizeof(typename B::value_type) * static_cast<double>(run.layout.parameter_count()) +
      static_cast<double>(activations.capacity());
  state.counters["before"] = before;
  state.counters["peak"] = peak;
  state.counters["limit"] = limit;
  state.counters["share"] = (peak - before) / limit;
}

}  // namespace

int main(int argc, char** argv) {
  for (const configuration& on : every_precision()) {
    for (const unet_case& one : unets()) {
      add(text(one.name, "/64/", to_text(on)), on,
          [&one](auto& state, auto& be) { take_first_step(state, be, one, 64); })
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
  return run_benchmarks(argc, argv);
}
