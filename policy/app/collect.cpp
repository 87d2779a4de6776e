#include <flowkit/policy/rollout/collect.hpp>
#include <flowkit/policy/run/result_folder.hpp>
#include <flowkit/policy/tasks/demonstration.hpp>

#include <app/command.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

namespace flowkit::app {
namespace {

using policy::task_environment;

/// Seeds of different runs do not meet: a run collects fewer episodes than this.
constexpr std::uint64_t seeds_per_run = 1'000'000;

std::vector<std::string> cameras_of(const context& c) {
  if (c.values.string("observation") != "images") return {};
  return words_of(c.values.string("collect.cameras"));
}

json_value names(std::span<const std::string> all) {
  json_array out;
  for (const std::string& name : all) out.emplace_back(name);
  return out;
}

/// Which fields a data set of this task has, and the names of their dimensions.
policy::demonstration_layout layout_of(const context& c, const policy::task_description& task) {
  const auto states = static_cast<index_t>(task.state_names.size());
  const std::span<const std::string> proprioception(
      task.state_names.data(), static_cast<std::size_t>(policy::task_proprioception_size));
  policy::demonstration_layout out;
  out.fields = {{"state", dtype::f32, {states}},
                {"proprioception", dtype::f32, {policy::task_proprioception_size}},
                {"action", dtype::f32, {policy::task_action_size}},
                {"clean_action", dtype::f32, {policy::task_action_size}}};
  const policy::render_options images;
  for (const std::string& camera : cameras_of(c)) {
    out.fields.push_back({camera, dtype::u8, {images.height, images.width, 3}});
  }
  out.per_episode = {{"seed", dtype::i64, {}}, {"mode", dtype::i64, {}}};
  const json_value actions = json_array{"move.x", "move.y", "move.z", "opening"};
  out.attributes = json_object{{"task", task.name},
                               {"modes", names(task.modes)},
                               {"rate", policy::task_control_rate},
                               {"expert_noise", c.values.number("collect.expert_noise")},
                               {"dimensions", json_object{{"state", names(task.state_names)},
                                                          {"proprioception", names(proprioception)},
                                                          {"action", actions},
                                                          {"clean_action", actions}}}};
  return out;
}

array rows(std::span<const float> values, index_t width) {
  const auto bytes = std::as_bytes(values);
  return {dtype::f32,
          {static_cast<index_t>(values.size()) / width, width},
          std::vector<std::byte>(bytes.begin(), bytes.end())};
}

/// Makes the episodes of a task, each worker in an environment of its own.
class expert_recorder {
 public:
  expert_recorder(const context& c, int workers) : cameras_(cameras_of(c)) {
    options_.noise = static_cast<float>(c.values.number("collect.expert_noise"));
    options_.hold = c.values.integer("collect.hold");
    for (int i = 0; i < workers; ++i) environments_.emplace_back(c.values.string("task"));
  }

  std::optional<policy::recorded_episode> operator()(int worker, std::uint64_t seed) {
    task_environment& env = environments_[static_cast<std::size_t>(worker)];
    std::vector<std::vector<std::byte>> frames(cameras_.size());
    auto options = options_;
    if (!cameras_.empty()) {
      options.before_step = [&](task_environment& now) { draw(now, frames); };
    }
    const policy::demonstration d = policy::demonstrate(env, seed, options);
    if (!d.success) return std::nullopt;
    return recorded(d, std::move(frames));
  }

 private:
  void draw(task_environment& env, std::vector<std::vector<std::byte>>& frames) const {
    const policy::render_options images;
    std::vector<std::uint8_t> image(static_cast<std::size_t>(images.height * images.width * 3));
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      env.render(cameras_[k], image);
      const auto bytes = std::as_bytes(std::span(image));
      frames[k].insert(frames[k].end(), bytes.begin(), bytes.end());
    }
  }

  policy::recorded_episode recorded(const policy::demonstration& d,
                                    std::vector<std::vector<std::byte>> frames) const {
    const auto width = static_cast<index_t>(d.states.size()) / d.steps;
    std::vector<float> hands;
    for (index_t t = 0; t < d.steps; ++t) {
      const float* const row = d.states.data() + t * width;
      hands.insert(hands.end(), row, row + policy::task_proprioception_size);
    }
    const auto mode = static_cast<std::int64_t>(d.executed.value_or(d.mode));
    const auto bytes = std::as_bytes(std::span(&mode, 1));
    policy::recorded_episode out;
    out.fields.emplace_back("state", rows(d.states, width));
    out.fields.emplace_back("proprioception", rows(hands, policy::task_proprioception_size));
    out.fields.emplace_back("action", rows(d.actions, policy::task_action_size));
    out.fields.emplace_back("clean_action", rows(d.clean_actions, policy::task_action_size));
    const policy::render_options images;
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      const array_shape shape{d.steps, images.height, images.width, 3};
      out.fields.emplace_back(cameras_[k], array(dtype::u8, shape, std::move(frames[k])));
    }
    out.fields.emplace_back(
        "mode", array(dtype::i64, {}, std::vector<std::byte>(bytes.begin(), bytes.end())));
    return out;
  }

  std::vector<std::string> cameras_;
  policy::demonstrate_options options_;
  std::vector<task_environment> environments_;
};

policy::result_folder folder_of(const context& c) {
  json_value options = c.values.section("collect");
  options.set("task", c.values.string("task"));
  options.set("seed", c.values.integer("seed"));
  options.set("observation", c.values.string("observation"));
  return {c / "collect", {.name = "collect", .options = std::move(options), .inputs = {}}};
}

policy::collect_result record(const context& c, const policy::result_folder& folder) {
  const int workers = threads_of(c);
  expert_recorder recorder(c, workers);
  policy::collect_options options{
      .path = folder / "demonstrations.zarr",
      .demonstrations = c.values.integer("collect.demonstrations"),
      .first_seed = static_cast<std::uint64_t>(c.values.integer("seed")) * seeds_per_run,
      .least_success = c.values.number("collect.least_success"),
      .workers = workers};
  progress shown({.label = "collect",
                  .unit = "episode",
                  .total = options.demonstrations,
                  .style = c.display()});
  const policy::collect_result made = policy::collect_episodes(
      layout_of(c, policy::describe_task(c.values.string("task"))), std::ref(recorder), options,
      [&](index_t done) { shown.update(done); }, c.stop);
  if (!made.stopped) shown.finish();
  return made;
}

}  // namespace

void collect_stage(const context& c) {
  run_stage(c, "collect", [&] {
    policy::result_folder folder = folder_of(c);
    if (folder.up_to_date()) return policy::stage_end::unchanged;
    folder.begin();
    const policy::collect_result made = record(c, folder);
    if (made.stopped) return policy::stage_end::stopped;
    folder.finish({"demonstrations.zarr"}, json_object{{"demonstrations", made.demonstrations},
                                                       {"attempts", made.attempts},
                                                       {"expert_success", made.success()}});
    return policy::stage_end::finished;
  });
}

void collect(const context& c) {
  write_configuration(c);
  collect_stage(c);
  json_value summary = folder_of(c).summary();
  const std::string path = c / "collect/demonstrations.zarr";
  const std::string line =
      text(path, ": ", summary.at("demonstrations").as_integer(),
           " demonstrations, expert success ", summary.at("expert_success").as_number());
  summary.set("path", path);
  c.answer(summary, line);
}

}  // namespace flowkit::app
