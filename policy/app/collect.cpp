#include <flowkit/policy/rollout/collect.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <app/command.hpp>
#include <app/episodes.hpp>
#include <app/expert_recorder.hpp>
#include <app/records.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

namespace flowkit::app {
namespace {

// Demonstrations of another build stay, and more of them are added: they are data, which later
// stages know by their contents, and may have cost hours.

policy::result_folder folder_of(const context& c) {
  return {c / "collect",
          {.name = "collect",
           .options = collect_options(c),
           .extent = "demonstrations",
           .any_build = true}};
}

policy::collect_result record(const context& c, const policy::result_folder& folder) {
  const int workers = threads_of(c);
  expert_recorder recorder(c, workers);
  policy::collect_options options{.path = folder / "demonstrations.zarr",
                                  .demonstrations = c.values.integer("collect.demonstrations"),
                                  .first_seed = first_seed_of(c),
                                  .least_success = c.values.number("collect.least_success"),
                                  .workers = workers};
  progress shown({.label = "collect",
                  .unit = "episode",
                  .total = options.demonstrations,
                  .style = c.display()});
  const policy::collect_result made = policy::collect_episodes(
      layout_of(c), std::ref(recorder), options, [&](index_t done) { shown.update(done); }, c.stop);
  if (!made.stopped) shown.finish();
  return made;
}

}  // namespace

json_value collect_options(const context& c) {
  json_value options = c.values.section("collect");
  options.set("task", c.values.string("task"));
  options.set("seed", c.values.integer("seed"));
  options.set("observation", c.values.string("observation"));
  return options;
}

void collect_stage(const context& c) {
  run_stage(c, "collect", [&] {
    const policy::result_folder folder = folder_of(c);
    if (folder.finished()) return policy::stage_end::unchanged;
    FLOWKIT_VALIDATE(!folder.complete() || folder.resumable(), folder.path(),
                     " holds demonstrations, but ", folder.reason(),
                     ": they are not collected again over the old ones; choose another --run, or "
                     "remove that folder first (to learn from fewer of them: --set "
                     "policy.demonstrations=N)");
    if (folder.resumable()) c.say("collect: continues the demonstrations that are there");
    folder.check_replaceable();
    remember_settings(c);
    folder.begin();
    const policy::collect_result made = record(c, folder);
    if (made.stopped) return policy::stage_end::stopped;
    std::vector<std::string> outputs = film_expert(c, first_seed_of(c), folder.path());
    outputs.emplace_back("demonstrations.zarr");
    folder.finish(outputs, json_object{{"demonstrations", made.demonstrations},
                                       {"attempts", made.attempts},
                                       {"expert_success", made.success()}});
    return policy::stage_end::finished;
  });
}

void collect(const context& c) {
  collect_stage(c);
  remember_settings(c);
  json_value summary = folder_of(c).summary();
  const std::string path = c / "collect/demonstrations.zarr";
  const std::string line =
      text(path, ": ", summary.at("demonstrations").as_integer(),
           " demonstrations, expert success ", summary.at("expert_success").as_number());
  summary.set("path", path);
  c.answer(summary, line);
}

}  // namespace flowkit::app
