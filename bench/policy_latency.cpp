// Latency of a policy at batch 1: from an observed state to actions that a robot may execute.
//
// Names are act/backend/network/threads/steps. One step is what a distilled policy runs, 100 what a
// flow matching policy is usually given; 1 - time(1) / time(100) is the share that distilling
// saves. Counters: `floor` is the time in which the weights can be read from where they lie, once
// per evaluation, at the bandwidth that this program measures, or that of an H200 on `cuda`;
// `share` is floor / time. `p50`, `p99` and `max` are those of single calls in milliseconds: what
// else runs on the machine moves the mean and the last two. That a call allocates nothing is a test
// of the controller.
#include <flowkit/nn/parameters.hpp>
#include <flowkit/policy/runtime.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include "support/backends.hpp"
#include "support/call_times.hpp"
#include "support/floor.hpp"
#include "support/gpu_rates.hpp"

#include <memory>
#include <string>

namespace {

using namespace flowkit;
namespace fp = flowkit::policy;

template <class Kind>
fp::normalizer<Kind> unit_normalizer(index_t dimensions) {
  const auto n = static_cast<std::size_t>(dimensions);
  return fp::normalizer<Kind>({.count = 1,
                               .minimum = std::vector<double>(n, -1.0),
                               .maximum = std::vector<double>(n, 1.0),
                               .mean = std::vector<double>(n, 0.0),
                               .deviation = std::vector<double>(n, 1.0)});
}

/// The sizes of the published tasks: action and state per observation.
struct network_case {
  const char* preset;
  index_t action;
  index_t state;
};

fp::network_options network_of(const std::string& name) {
  if (name != "demo") return fp::network_preset(name);
  fp::network_options out = fp::network_preset("small");
  out.dims = {32, 64, 128};
  return out;
}

fp::policy_manifest manifest_of(const network_case& c) {
  fp::spec s;
  for (index_t d = 0; d < c.action; ++d) s.action.push_back(text("a", d));
  for (index_t d = 0; d < c.state; ++d) s.state.push_back(text("s", d));
  return {.specification = s,
          .network = network_of(c.preset),
          .normalizers = {unit_normalizer<fp::action_kind>(c.action),
                          unit_normalizer<fp::state_kind>(c.state)}};
}

void act(benchmark::State& state, const std::string& backend, const network_case& c) {
  const auto threads = static_cast<int>(state.range(0));
  const index_t steps = state.range(1);
  const fp::policy_manifest m = manifest_of(c);
  const auto policy = fp::untrained_policy(m, rng_key{1}, {.backend = backend, .threads = threads});
  const auto robot = policy->control({.inference = fp::inference_options{.steps = steps}});
  const std::vector<float> seen(static_cast<std::size_t>(c.state), 0.1F);
  const auto cycle = [&] {
    robot->observe({seen, {}});
    benchmark::DoNotOptimize(robot->act().action(0, 0).data());
  };
  for (int warm_up = 0; warm_up < 5; ++warm_up) cycle();
  bench::call_times times;
  for (auto _ : state) times(cycle);

  const fp::visuomotor_field field(m.specification, m.network);
  const auto weights = static_cast<double>(field.layout().parameter_count());
  // Bandwidth of a host depends on the level of memory in which the weights lie.
  const double bytes = sizeof(float) * weights;
  const double bandwidth = backend == "cuda" ? bench::gpu_bandwidth : bench::bandwidth(bytes);
  const double floor = bytes / bandwidth * static_cast<double>(steps);
  state.counters["floor"] = 1e3 * floor;
  state.counters["p50"] = 1e3 * times.percentile(0.5);
  state.counters["p99"] = 1e3 * times.percentile(0.99);
  state.counters["max"] = 1e3 * times.percentile(1);
  state.counters["share"] = floor / times.percentile(0.5);
}

/// "demo" is the network of the presets quick and standard.
const network_case networks[] = {
    {"tiny", 4, 4}, {"demo", 4, 39}, {"small", 4, 39}, {"kitchen", 9, 60}};

}  // namespace

int main(int count, char** words) {
  for (const bench::configuration& on : bench::every_backend()) {
    const std::string backend = on.backend;
    for (const network_case& c : networks) {
      const std::string name = text("act/", backend, "/", c.preset);
      benchmark::RegisterBenchmark(
          name.c_str(), [backend, c](benchmark::State& state) { act(state, backend, c); })
          ->ArgNames({"threads", "steps"})
          ->ArgsProduct({{1, 2}, {1, 10, 100}})
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  return bench::run_benchmarks(count, words);
}
