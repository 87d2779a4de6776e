#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/rollout/sensors.hpp>
#include <flowkit/policy/tasks/demonstration.hpp>

#include <app/episodes.hpp>
#include <app/run_directory.hpp>

namespace flowkit::app {
namespace {

using policy::task_environment;

constexpr std::string_view film_camera = "front";

/// Every frame of an episode, one after the other.
struct film {
  std::vector<std::uint8_t> frames;
  index_t count = 0;
  bool success = false;
};

void shoot(task_environment& env, film& to) {
  const policy::render_options images;
  const auto size = static_cast<std::size_t>(images.height * images.width * 3);
  to.frames.resize(to.frames.size() + size);
  env.render(film_camera, std::span(to.frames).last(size));
  ++to.count;
}

film play(const context& c, policy::controller& controller) {
  const auto seed = static_cast<std::uint64_t>(c.values.integer("evaluate.first_seed"));
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

/// film.png and pictures.json in a folder.
std::vector<std::string> write_film(const context& c, const film& all, const std::string& label,
                                    std::string_view what, const std::string& folder) {
  const index_t count = std::min(c.values.integer("evaluate.film_frames"), all.count);
  const policy::render_options images;
  write_text_file(folder + "/film.png",
                  policy::film_strip_png(chosen(all, count), count, images.height, images.width));
  const policy::picture_record picture{
      .file = "film.png",
      .label = label,
      .caption =
          text(what, ": ", all.success ? "solved" : "not solved", " in ", all.count - 1, " steps"),
      .frames = count,
      .seconds = static_cast<double>(all.count - 1) / policy::task_control_rate};
  policy::write_pictures(folder + "/pictures.json", {&picture, 1});
  return {"film.png", "pictures.json"};
}

}  // namespace

std::vector<std::string> film_episode(const context& c, const method& m, policy::policy_runtime& p,
                                      const std::string& folder) {
  if (c.values.integer("evaluate.film_frames") == 0) return {};
  const film all = play(c, *p.control({.inference = m.inference}));
  const index_t seed = c.values.integer("evaluate.first_seed");
  return write_film(c, all, m.label, text(m.label, ", seed ", seed), folder);
}

std::vector<std::string> film_expert(const context& c, std::uint64_t seed,
                                     const std::string& folder) {
  if (c.values.integer("evaluate.film_frames") == 0) return {};
  task_environment env(c.values.string("task"));
  film all;
  policy::demonstrate_options options;
  options.noise = static_cast<float>(c.values.number("collect.expert_noise"));
  options.before_step = [&](task_environment& now) { shoot(now, all); };
  all.success = policy::demonstrate(env, seed, options).success;
  return write_film(c, all, "expert", text("the expert, seed ", seed), folder);
}

}  // namespace flowkit::app
