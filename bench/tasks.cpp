// The task suite: success of the scripted experts over 200 seeds, and the cost of steps and frames.
#include <flowkit/policy/tasks/demonstration.hpp>

#include <benchmark/benchmark.h>

#include <array>

namespace flowkit::policy {
namespace {

constexpr int seeds = 200;

const std::string& task_of(const benchmark::State& state) {
  return task_names()[static_cast<std::size_t>(state.range(0))];
}

/// Noise in hundredths as the second argument. One iteration is the whole measurement.
void experts(benchmark::State& state) {
  task_environment env(task_of(state));
  const float noise = 0.01f * static_cast<float>(state.range(1));
  double solved = 0;
  double kept_mode = 0;
  double first_mode = 0;
  double steps = 0;
  for (auto _ : state) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const demonstration d = demonstrate(env, seed, {.noise = noise, .hold = 0});
      first_mode += d.mode == 0 ? 1 : 0;
      if (!d.success) continue;
      solved += 1;
      kept_mode += d.executed == d.mode ? 1 : 0;
      steps += static_cast<double>(d.steps);
    }
  }
  state.SetLabel(env.name());
  state.counters["solved"] = solved / seeds;
  state.counters["in_mode"] = solved > 0 ? kept_mode / solved : 0;
  state.counters["first_mode"] = first_mode / seeds;
  state.counters["steps"] = solved > 0 ? steps / solved : 0;
}

/// Steps of the expert in episodes one after the other.
void steps(benchmark::State& state) {
  task_environment env(task_of(state));
  std::uint64_t seed = 0;
  env.reset(seed);
  for (auto _ : state) {
    if (env.steps() == 150) env.reset(++seed);
    env.step(expert_action(env.name(), env.state(), 0));
  }
  state.SetLabel(env.name());
  state.SetItemsProcessed(state.iterations());
}

/// Frames of 96 x 96 along an episode; the time is that of drawing alone.
void frames(benchmark::State& state) {
  task_environment env(task_of(state));
  std::vector<std::uint8_t> image(std::size_t{3} * 96 * 96);
  env.render("front", image);
  for (auto _ : state) env.render("front", image);
  const std::string library(to_text(renderer(env.scene()).library()));
  state.SetLabel(env.name() + " " + library);
  state.SetItemsProcessed(state.iterations());
}

void every_task(benchmark::internal::Benchmark* b) {
  b->DenseRange(0, static_cast<int64_t>(task_names().size()) - 1);
}

void every_task_and_noise(benchmark::internal::Benchmark* b) {
  for (std::size_t task = 0; task < task_names().size(); ++task) {
    for (const int noise : {0, 10, 20}) b->Args({static_cast<int64_t>(task), noise});
  }
}

BENCHMARK(experts)->Apply(every_task_and_noise)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(steps)->Apply(every_task)->Unit(benchmark::kMicrosecond);
BENCHMARK(frames)->Apply(every_task)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace flowkit::policy

BENCHMARK_MAIN();
