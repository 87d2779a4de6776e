#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/rollout/latency.hpp>
#include <flowkit/policy/rollout/rollout.hpp>
#include <flowkit/policy/tasks/expert.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

#include <app/episodes.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

#include <numeric>

namespace flowkit::app {
namespace {

using policy::task_environment;

std::vector<task_environment> environments_of(const context& c, index_t count) {
  std::vector<task_environment> out;
  for (index_t i = 0; i < count; ++i) out.emplace_back(c.values.string("task"));
  return out;
}

/// Consecutive seeds, none of which an expert has shown.
std::vector<std::uint64_t> seeds_of(const context& c, index_t count) {
  const index_t first = c.values.integer("evaluate.first_seed");
  const policy::demonstrations data(demonstrations_path(c));
  const auto shown = data.per_episode().find("seed");
  if (shown != data.per_episode().end()) {
    for (const std::int64_t seed : shown->second.converted<std::int64_t>()) {
      FLOWKIT_VALIDATE(seed < first || seed >= first + count, "seed ", seed,
                       " is a demonstration and would be evaluated: choose another ",
                       "evaluate.first_seed");
    }
  }
  std::vector<std::uint64_t> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), static_cast<std::uint64_t>(first));
  return out;
}

std::function<std::string(std::span<const float>)> mode_namer(const context& c) {
  const policy::task_description task = policy::describe_task(c.values.string("task"));
  if (task.modes.size() < 2) return {};
  return [task](std::span<const float> states) {
    const auto mode = policy::mode_of_episode(task.name, states);
    return mode ? task.modes[static_cast<std::size_t>(*mode)] : std::string();
  };
}

template <class B>
std::vector<policy::episode_result> play(const context& c, B& be,
                                         const policy::visuomotor_policy<B>& p, const method& m,
                                         index_t episodes, std::uint64_t noise_seed) {
  const index_t side_by_side = std::min(c.values.integer("evaluate.environments"), episodes);
  std::vector<task_environment> environments = environments_of(c, side_by_side);
  policy::rollouts<B, task_environment> runner(be, p, environments,
                                               {.seeds = seeds_of(c, episodes),
                                                .noise_seed = noise_seed,
                                                .inference = m.inference,
                                                .threads = threads_of(c)});
  progress shown({.label = m.label, .unit = "episode", .total = episodes, .style = c.display()});
  policy::rollout_hooks hooks{.mode_of = mode_namer(c), .stop = c.stop};
  hooks.on_episode = [&](index_t done) { shown.update(done); };
  std::vector<policy::episode_result> out = runner.run(hooks);
  c.check_stop();
  shown.finish();
  return out;
}

template <class B>
void measure(const context& c, B& be, const method& m, policy::evaluation_result& out) {
  const policy::visuomotor_policy<B> p = policy::load_policy(be, m.policy);
  const auto root = static_cast<std::uint64_t>(out.noise_seed);
  out.episodes = play(c, be, p, m, c.values.integer("evaluate.episodes"), root);
  for (index_t i = 1; i <= c.values.integer("evaluate.noise_seeds"); ++i) {
    policy::noise_outcome other{.seed = out.noise_seed + i};
    const auto seed = static_cast<std::uint64_t>(other.seed);
    for (const auto& e : play(c, be, p, m, c.values.integer("evaluate.noise_episodes"), seed)) {
      other.successes += e.success ? 1 : 0;
      ++other.episodes;
    }
    out.noise.push_back(other);
  }
  task_environment env(c.values.string("task"));
  out.latency_ms = policy::measure_latency(
      be, p, env,
      {.chunks = c.values.integer("evaluate.latency_chunks"),
       .seed = static_cast<std::uint64_t>(c.values.integer("evaluate.first_seed")),
       .inference = m.inference});
}

}  // namespace

void measure_episodes(const context& c, const method& m, policy::evaluation_result& out) {
  on_backend(c, [&](auto& be) { measure(c, be, m, out); });
}

policy::mode_counts expert_modes(const context& c) {
  const policy::task_description task = policy::describe_task(c.values.string("task"));
  policy::mode_counts out;
  const policy::demonstrations data(demonstrations_path(c));
  const auto modes = data.per_episode().find("mode");
  if (task.modes.size() < 2 || modes == data.per_episode().end()) return out;
  for (const std::int64_t mode : modes->second.converted<std::int64_t>()) {
    if (mode < 0 || mode >= static_cast<std::int64_t>(task.modes.size())) continue;
    policy::count_mode(out, task.modes[static_cast<std::size_t>(mode)]);
  }
  return out;
}

}  // namespace flowkit::app
