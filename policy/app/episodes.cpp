#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/rollout/episode_journal.hpp>
#include <flowkit/policy/rollout/rollout.hpp>
#include <flowkit/policy/tasks/expert.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

#include <app/checks.hpp>
#include <app/episodes.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

#include <filesystem>
#include <numeric>

namespace flowkit::app {
namespace {

using policy::task_environment;

std::vector<task_environment> environments_of(const context& c, index_t count) {
  const auto renderers = std::make_shared<policy::renderer_stock>();
  std::vector<task_environment> out;
  for (index_t i = 0; i < count; ++i) out.emplace_back(c.values.string("task"), renderers);
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

std::string journal_path(const std::string& folder, std::uint64_t noise_seed) {
  return text(folder, "/episodes-", noise_seed, ".json");
}

}  // namespace

void check_seeds(const context& c) {
  expect_task_of_data(c.values, policy::demonstrations(demonstrations_path(c)));
  (void)seeds_of(c, std::max(c.values.integer("evaluate.episodes"),
                             c.values.integer("evaluate.noise_seeds") > 0
                                 ? c.values.integer("evaluate.noise_episodes")
                                 : 0));
}

namespace {

/// Plays what the journal in the folder lacks.
std::vector<policy::episode_result> play(const context& c, const method& m,
                                         policy::policy_runtime& p, const std::string& folder,
                                         index_t episodes, std::uint64_t noise_seed) {
  const std::vector<std::uint64_t> seeds = seeds_of(c, episodes);
  policy::episode_journal journal(journal_path(folder, noise_seed));
  const std::vector<std::uint64_t> missing = journal.missing(seeds);
  if (missing.empty()) return journal.results(seeds);
  const index_t side_by_side =
      std::min(c.values.integer("evaluate.environments"), static_cast<index_t>(missing.size()));
  std::vector<task_environment> environments = environments_of(c, side_by_side);
  policy::controller_options options = control_of(c, m, p);
  options.robots = side_by_side;
  options.seed = noise_seed;
  const auto robots = p.control(options);
  policy::rollouts<task_environment> runner(*robots, environments,
                                            {.seeds = missing, .threads = threads_of(c)});
  progress shown({.label = m.label, .unit = "episode", .total = episodes, .style = c.display()});
  policy::rollout_hooks hooks{.mode_of = mode_namer(c), .stop = c.stop};
  hooks.on_episode = [&](const policy::episode_result& e) {
    journal.add(e);
    shown.update(journal.size());
  };
  (void)runner.run(hooks);
  journal.write();
  c.check_stop();
  shown.finish();
  return journal.results(seeds);
}

}  // namespace

void measure_episodes(const context& c, const method& m, policy::policy_runtime& p,
                      const std::string& folder, policy::evaluation_result& out) {
  const auto root = static_cast<std::uint64_t>(out.noise_seed);
  out.episodes = play(c, m, p, folder, c.values.integer("evaluate.episodes"), root);
  for (index_t i = 1; i <= c.values.integer("evaluate.noise_seeds"); ++i) {
    policy::noise_outcome other{.seed = out.noise_seed + i};
    const auto seed = static_cast<std::uint64_t>(other.seed);
    const index_t episodes = c.values.integer("evaluate.noise_episodes");
    for (const policy::episode_result& e : play(c, m, p, folder, episodes, seed)) {
      other.successes += e.success ? 1 : 0;
      ++other.episodes;
    }
    out.noise.push_back(other);
  }
}

void forget_episodes(const context& c, const std::string& folder) {
  const auto others = static_cast<std::uint64_t>(c.values.integer("evaluate.noise_seeds"));
  for (std::uint64_t i = 0; i <= others; ++i) std::filesystem::remove(journal_path(folder, i));
}

policy::control_latency timed(const context& c, const method& m, policy::policy_runtime& p) {
  task_environment env(c.values.string("task"));
  return policy::measure_latency(
      *p.control(control_of(c, m, p)), env,
      {.chunks = c.values.integer("evaluate.latency_chunks"),
       .seed = static_cast<std::uint64_t>(c.values.integer("evaluate.first_seed"))});
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
