#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/tasks/renderer.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/checks.hpp>
#include <app/expert_recorder.hpp>
#include <app/method.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/task_choice.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

/// Calls `check` and puts the names of the settings that it is about before what it says.
template <class F>
void about(std::string_view settings, const F& check) {
  try {
    check();
  } catch (const invalid_input& e) {
    throw invalid_input(text(settings, ": ", e.what()));
  }
}

void check_fit(const policy::fit_options& o, const std::string& warmup, const std::string& steps) {
  FLOWKIT_VALIDATE(o.warmup < o.steps, "setting '", warmup, "' is ", o.warmup,
                   ", but must be less than ", steps, ", which is ", o.steps);
  about(steps, [&] { validate(o); });
}

/// The shape of a policy as far as settings decide it: the simulation draws images of one size, and
/// data name their dimensions.
policy::spec shape_of(const policy::data_selection& s) {
  policy::spec shape;
  shape.horizon = s.horizon;
  shape.observe = s.observe;
  shape.execute = s.execute;
  shape.action = {"any"};
  shape.state = s.state;
  const policy::render_options images;
  for (const std::string& name : s.cameras) {
    shape.cameras.push_back({.name = name,
                             .height = images.height,
                             .width = images.width,
                             .crop_height = s.crop,
                             .crop_width = s.crop});
  }
  return shape;
}

void check_shape(const context& c, const policy::learn_options& o) {
  const policy::data_selection& s = o.base.data;
  const std::string& own = c.values.string("data");
  policy::spec shape = shape_of(s);
  if (!own.empty()) {
    const policy::demonstrations data(own);
    check_fields(c.values, data);
    about("policy.crop, policy.state_field, policy.camera_field, policy.horizon",
          [&] { shape = policy::spec_of(data, s); });
  }
  FLOWKIT_VALIDATE(!s.state.empty() || !s.cameras.empty(),
                   "setting 'policy.state_field' is none and there is no camera: a policy needs "
                   "something to look at, so name a field, or give --observation images");
  for (const policy::camera& camera : shape.cameras) {
    const index_t side = std::min(camera.height, camera.width);
    FLOWKIT_VALIDATE(s.crop <= side, "setting 'policy.crop' is ", s.crop, ", but the images of '",
                     camera.name, "' have ", side, " pixels a side: give at most that");
  }
  about("policy.horizon, policy.observe, policy.execute", [&] { validate(shape); });
  about("policy.dims, policy.horizon", [&] { validate(o.base.network, shape); });
}

/// Cameras that the task has.
void check_cameras(const context& c) {
  const policy::task_description task = policy::describe_task(c.values.string("task"));
  std::string known;
  for (const std::string& name : task.cameras) known += text(known.empty() ? "" : ", ", name);
  for (const std::string& name : words_of(c.values.string("collect.cameras"))) {
    const bool there = std::count(task.cameras.begin(), task.cameras.end(), name) > 0;
    FLOWKIT_VALIDATE(there, "setting 'collect.cameras' names '", name, "', but the task ",
                     task.name, " has the cameras ", known, policy::suggestion(name, task.cameras));
  }
}

/// Fields that collect records; own data are looked at when they are opened.
void check_collected(const context& c) {
  check_cameras(c);
  const policy::demonstration_layout layout = layout_of(c);
  const policy::data_selection s = selection_of(c.values);
  const auto expect = [&](const std::string& field, std::string_view setting) {
    const bool recorded = std::any_of(layout.fields.begin(), layout.fields.end(),
                                      [&](const auto& f) { return f.name == field; });
    FLOWKIT_VALIDATE(recorded, "setting '", setting, "' names the field '", field,
                     "', which collect does not record");
  };
  expect(s.action, "policy.action_field");
  for (const std::string& field : s.state) expect(field, "policy.state_field");
  for (const std::string& field : s.cameras) expect(field, "policy.camera_field");
  const index_t first = c.values.integer("evaluate.first_seed");
  const index_t shown = static_cast<index_t>(first_seed_of(c));
  const bool apart = first >= shown + c.values.integer("collect.demonstrations") ||
                     first + c.values.integer("evaluate.episodes") <= shown;
  FLOWKIT_VALIDATE(apart, "setting 'evaluate.first_seed' is ", first,
                   ", but demonstrations are collected from seed ", shown,
                   ", and none of them can be evaluated: choose a larger one");
}

/// Demonstrations that are left to learn from when some are put aside.
index_t learnt_from(const context& c) {
  const std::string& own = c.values.string("data");
  const index_t all = own.empty() ? c.values.integer("collect.demonstrations")
                                  : policy::demonstrations(own).episodes();
  const policy::data_selection s = selection_of(c.values);
  return static_cast<index_t>(
      policy::split_episodes(all, s.validation, rng_key{s.seed}).train.size());
}

void check_counts(const context& c) {
  const index_t most = learnt_from(c);
  const auto expect = [&](std::string_view setting, index_t count) {
    FLOWKIT_VALIDATE(count <= most, "setting '", setting, "' asks for ", count,
                     " demonstrations, but only ", most,
                     " are left to learn from when those put aside are taken away");
  };
  for (const index_t count : sweep_of(c.values)) expect("run.sweep", count);
  expect("policy.demonstrations", c.values.integer("policy.demonstrations"));
}

void check_methods(const context& c) {
  check_evaluation(c, c.values.integer("policy.execute"));
  const std::string& own = c.values.string("evaluate.policy");
  if (!own.empty()) return expect_task_of_policy(c, own);
  index_t asked = 0;
  for (const std::string& label : words_of(c.values.string("evaluate.methods"))) {
    const std::string name = split_label(label).policy;
    const bool made = name == "base" || name == "reflow" || name == "sefa" ||
                      (name == "straighten" && c.values.integer("run.rounds") == 2);
    if (!made) (void)policy_path(c, name);  // may be there already
    asked += made_here(c, label) ? 1 : 0;
  }
  FLOWKIT_VALIDATE(asked > 0, nothing_to_evaluate(c));
}

}  // namespace

void check_evaluation(const context& c, index_t executed) {
  namespace limits = policy::evaluation_limits;
  const auto expect = [&](const char* setting, index_t most, const std::string& reason) {
    const index_t asked = c.values.integer(setting);
    FLOWKIT_VALIDATE(asked <= most, "setting '", setting, "' is ", asked,
                     ", but the results of an evaluation hold ", reason, ": give at most ", most);
  };
  const std::string episodes = text(limits::episodes, " episodes");
  expect("evaluate.episodes", limits::episodes, episodes);
  if (c.values.integer("evaluate.noise_seeds") > 0) {
    expect("evaluate.noise_episodes", limits::episodes, episodes);
  }
  expect("evaluate.first_seed", limits::first_seed, "seeds below 2^53");
  expect("evaluate.latency_chunks", limits::latencies / executed,
         text("the times of ", limits::latencies, " steps, of which a chunk executes ", executed));
}

void check_settings(const context& c) {
  on_backend(c, [](auto&) {});
  const policy::learn_options o = learn_options_of(c.values);
  FLOWKIT_VALIDATE(
      c.values.string("align.sweep").empty(),
      "setting 'align.sweep' compares radii without replacing anything, which run does "
      "not: leave it empty, and call flowkit align --sweep afterwards");
  check_shape(c, o);
  check_fit(o.base.fit, "train.warmup", "train.steps");
  check_fit(o.distill.fit, "distill.warmup", "distill.steps");
  if (o.rounds == 2) check_fit(o.straighten, "distill.warmup", "straighten.steps");
  if (c.values.string("data").empty()) check_collected(c);
  check_counts(c);
  if (!c.values.string("task").empty()) {
    (void)policy::describe_task(c.values.string("task"));
    check_methods(c);
  }
}

}  // namespace flowkit::app
