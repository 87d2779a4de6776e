#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/rollout/sensors.hpp>
#include <flowkit/policy/tasks/demonstration.hpp>

#include <app/episodes.hpp>
#include <app/run_directory.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

using policy::task_environment;

constexpr std::string_view film_camera = "front";

/// Every frame of an episode, one after the other.
struct film {
  std::vector<std::uint8_t> frames{};
  index_t count = 0;
  bool success = false;
  std::string file = "film.png";
  std::string label{};
  std::string what{};  ///< who acts, and in which episode
};

void shoot(task_environment& env, film& to) {
  const policy::render_options images;
  const auto size = static_cast<std::size_t>(images.height * images.width * 3);
  to.frames.resize(to.frames.size() + size);
  env.render(film_camera, std::span(to.frames).last(size));
  ++to.count;
}

film play(const context& c, policy::controller& controller, std::uint64_t seed) {
  task_environment env(c.values.string("task"));
  policy::sensors<task_environment> seen(env, controller.shape());
  env.reset(seed);
  controller.reset(0, seed);
  film out;
  shoot(env, out);
  seen.look(env);
  controller.observe(seen.latest());
  for (bool over = false; !over;) {
    const policy::action_plan plan = controller.act();
    for (index_t step = 0; step < plan.execute && !over; ++step) {
      const policy::step_result done = env.step(plan.action(0, step));
      out.success = done.success;
      over = done.success || done.finished;
      shoot(env, out);
      seen.look(env);
      controller.observe(seen.latest());
    }
  }
  return out;
}

/// `count` frames of a film, spread evenly, the first and the last among them.
std::vector<std::uint8_t> chosen(const film& all, index_t count) {
  const auto size = static_cast<std::ptrdiff_t>(all.frames.size()) / all.count;
  std::vector<std::uint8_t> out;
  for (index_t i = 0; i < count; ++i) {
    const index_t at = count == 1 ? all.count - 1 : i * (all.count - 1) / (count - 1);
    const auto first = all.frames.begin() + at * size;
    out.insert(out.end(), first, first + size);
  }
  return out;
}

/// The films and pictures.json in a folder; returns the names of the files.
std::vector<std::string> write_films(const context& c, std::span<const film> films,
                                     const std::string& folder) {
  const policy::render_options images;
  std::vector<policy::picture_record> pictures;
  std::vector<std::string> files{"pictures.json"};
  for (const film& one : films) {
    const index_t count = std::min(c.values.integer("evaluate.film_frames"), one.count);
    write_text_file(text(folder, "/", one.file),
                    policy::film_strip_png(chosen(one, count), count, images.height, images.width));
    pictures.push_back({.file = one.file,
                        .label = one.label,
                        .caption = text(one.what, ": ", one.success ? "solved" : "not solved",
                                        " in ", one.count - 1, " steps"),
                        .frames = count,
                        .seconds = static_cast<double>(one.count - 1) / policy::task_control_rate});
    files.push_back(one.file);
  }
  policy::write_pictures(folder + "/pictures.json", pictures);
  return files;
}

}  // namespace

std::vector<std::string> film_episodes(const context& c, const method& m, policy::policy_runtime& p,
                                       std::span<const policy::episode_result> episodes,
                                       const std::string& folder) {
  if (c.values.integer("evaluate.film_frames") == 0) return {};
  std::vector<film> films;
  const auto shoot_seed = [&](index_t seed, const std::string& file) {
    films.push_back(play(c, *p.control(control_of(c, m, p)), static_cast<std::uint64_t>(seed)));
    films.back().file = file;
    films.back().label = m.label;
    films.back().what = text(m.label, ", seed ", seed);
  };
  shoot_seed(c.values.integer("evaluate.first_seed"), "film.png");
  if (!films.back().success) return write_films(c, films, folder);
  const auto failed = std::find_if(episodes.begin(), episodes.end(),
                                   [](const policy::episode_result& e) { return !e.success; });
  if (failed != episodes.end()) shoot_seed(failed->seed, "failure.png");
  return write_films(c, films, folder);
}

std::vector<std::string> film_expert(const context& c, std::uint64_t seed,
                                     const std::string& folder) {
  if (c.values.integer("evaluate.film_frames") == 0) return {};
  task_environment env(c.values.string("task"));
  film all{.label = "expert", .what = text("the expert, seed ", seed)};
  policy::demonstrate_options options;
  options.noise = static_cast<float>(c.values.number("collect.expert_noise"));
  options.before_step = [&](task_environment& now) { shoot(now, all); };
  all.success = policy::demonstrate(env, seed, options).success;
  return write_films(c, {&all, 1}, folder);
}

}  // namespace flowkit::app
