#include <app/expert_recorder.hpp>
#include <app/options.hpp>

namespace flowkit::app {
namespace {

std::vector<std::string> cameras_of(const context& c) {
  if (c.values.string("observation") != "images" && !c.values.boolean("collect.images")) return {};
  return words_of(c.values.string("collect.cameras"));
}

json_value names(std::span<const std::string> all) {
  json_array out;
  for (const std::string& name : all) out.emplace_back(name);
  return out;
}

array rows(std::span<const float> values, index_t width) {
  const auto bytes = std::as_bytes(values);
  return {dtype::f32,
          {static_cast<index_t>(values.size()) / width, width},
          std::vector<std::byte>(bytes.begin(), bytes.end())};
}

}  // namespace

std::uint64_t first_seed_of(const context& c) {
  constexpr std::uint64_t seeds_per_run = 1'000'000;  // a run collects fewer episodes than this
  return static_cast<std::uint64_t>(c.values.integer("seed")) * seeds_per_run;
}

policy::demonstration_layout layout_of(const context& c) {
  const policy::task_description task = policy::describe_task(c.values.string("task"));
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

expert_recorder::expert_recorder(const context& c, int workers) : cameras_(cameras_of(c)) {
  options_.noise = static_cast<float>(c.values.number("collect.expert_noise"));
  options_.hold = c.values.integer("collect.hold");
  for (int i = 0; i < workers; ++i) environments_.emplace_back(c.values.string("task"));
}

std::optional<policy::recorded_episode> expert_recorder::operator()(int worker,
                                                                    std::uint64_t seed) {
  policy::task_environment& env = environments_[static_cast<std::size_t>(worker)];
  frames images(cameras_.size());
  auto options = options_;
  if (!cameras_.empty()) {
    options.before_step = [&](policy::task_environment& now) { draw(now, images); };
  }
  const policy::demonstration d = policy::demonstrate(env, seed, options);
  if (!d.success) return std::nullopt;
  return recorded(d, std::move(images));
}

void expert_recorder::draw(policy::task_environment& env, frames& to) const {
  const policy::render_options images;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(images.height * images.width * 3));
  for (std::size_t k = 0; k < cameras_.size(); ++k) {
    env.render(cameras_[k], image);
    const auto bytes = std::as_bytes(std::span(image));
    to[k].insert(to[k].end(), bytes.begin(), bytes.end());
  }
}

policy::recorded_episode expert_recorder::recorded(const policy::demonstration& d,
                                                   frames images) const {
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
  const policy::render_options size;
  for (std::size_t k = 0; k < cameras_.size(); ++k) {
    const array_shape shape{d.steps, size.height, size.width, 3};
    out.fields.emplace_back(cameras_[k], array(dtype::u8, shape, std::move(images[k])));
  }
  out.fields.emplace_back(
      "mode", array(dtype::i64, {}, std::vector<std::byte>(bytes.begin(), bytes.end())));
  return out;
}

}  // namespace flowkit::app
