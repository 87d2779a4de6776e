// Latency of a policy at batch 1: from an observed state to actions that a robot may execute.
//
// Names are act/network/steps. One step is what a distilled policy runs, 100 what a flow matching
// policy is usually given. Counters: `floor` is the time in which the weights can be read from
// memory, once per evaluation, at the bandwidth that this program measures; `share` is
// floor / time; `p99` is the 99th percentile of single calls in milliseconds. That a call allocates
// nothing is a test of the controller.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/policy/policy.hpp>

#include "support/floor.hpp"

#include <memory>
#include <string>

namespace {

using namespace flowkit;
namespace fp = flowkit::policy;
using B = eigen<float>;

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

fp::policy_manifest manifest_of(const network_case& c) {
  fp::spec s;
  for (index_t d = 0; d < c.action; ++d) s.action.push_back(text("a", d));
  for (index_t d = 0; d < c.state; ++d) s.state.push_back(text("s", d));
  return {.specification = s,
          .network = fp::network_preset(c.preset),
          .normalizers = {unit_normalizer<fp::action_kind>(c.action),
                          unit_normalizer<fp::state_kind>(c.state)}};
}

/// Times of single calls, for a percentile.
class call_times {
 public:
  template <class F>
  void operator()(const F& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    milliseconds_.push_back(took.count());
  }
  double percentile(double share) {
    std::sort(milliseconds_.begin(), milliseconds_.end());
    const double last = static_cast<double>(milliseconds_.size() - 1);
    return milliseconds_[static_cast<std::size_t>(share * last)];
  }

 private:
  std::vector<double> milliseconds_;
};

void act(benchmark::State& state, const network_case& c) {
  const index_t steps = state.range(0);
  B be;
  const fp::visuomotor_policy<B> policy(be, manifest_of(c), rng_key{1});
  fp::receding_horizon robot(be, policy, {.inference = fp::inference_options{.steps = steps}});
  const std::vector<float> seen(static_cast<std::size_t>(c.state), 0.1F);
  const auto cycle = [&] {
    robot.observe({seen, {}});
    benchmark::DoNotOptimize(robot.act().action(0, 0).data());
  };
  for (int warm_up = 0; warm_up < 3; ++warm_up) cycle();
  call_times times;
  for (auto _ : state) times(cycle);

  const auto weights = static_cast<double>(policy.field().layout().parameter_count());
  // Bandwidth depends on the level of memory in which the weights lie.
  const double bytes = sizeof(float) * weights;
  const double floor = bytes / bench::bandwidth(bytes) * static_cast<double>(steps);
  state.counters["floor"] = floor;
  state.counters["share"] = benchmark::Counter(floor * static_cast<double>(state.iterations()),
                                               benchmark::Counter::kIsRate);
  state.counters["p99"] = times.percentile(0.99);
}

BENCHMARK_CAPTURE(act, tiny, network_case{"tiny", 4, 4})
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(act, small, network_case{"small", 4, 39})
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(act, kitchen, network_case{"kitchen", 9, 60})
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
