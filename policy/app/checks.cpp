#include <flowkit/policy/tasks/suite.hpp>

#include <app/checks.hpp>
#include <app/expert_recorder.hpp>
#include <app/method.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

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

/// The shape of a policy as far as settings decide it; the data name its dimensions.
void check_shape(const policy::learn_options& o) {
  policy::spec shape;
  shape.horizon = o.base.data.horizon;
  shape.observe = o.base.data.observe;
  shape.execute = o.base.data.execute;
  shape.action = {"any"};
  shape.state = {"any"};
  about("policy.horizon, policy.observe, policy.execute", [&] { validate(shape); });
  about("policy.dims, policy.horizon", [&] { validate(o.base.network, shape); });
}

/// Fields that collect records; own data are looked at when they are opened.
void check_collected(const context& c) {
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

void check_sweep(const context& c) {
  const std::vector<index_t> counts = sweep_of(c.values);
  if (counts.empty()) return;
  const index_t most = learnt_from(c);
  for (const index_t count : counts) {
    FLOWKIT_VALIDATE(count <= most, "setting 'run.sweep' asks for ", count,
                     " demonstrations, but only ", most,
                     " are left to learn from when those put aside are taken away");
  }
}

void check_methods(const context& c) {
  for (const std::string& label : words_of(c.values.string("evaluate.methods"))) {
    const std::string name = split_label(label).policy;
    const bool made = name == "base" || name == "reflow" || name == "sefa" ||
                      (name == "straighten" && c.values.integer("run.rounds") == 2);
    if (!made) (void)policy_path(c, name);  // may be there already
  }
}

}  // namespace

void check_settings(const context& c) {
  on_backend(c, [](auto&) {});
  const policy::learn_options o = learn_options_of(c.values);
  check_shape(o);
  check_fit(o.base.fit, "train.warmup", "train.steps");
  check_fit(o.distill.fit, "distill.warmup", "distill.steps");
  if (o.rounds == 2) check_fit(o.straighten, "distill.warmup", "straighten.steps");
  if (c.values.string("data").empty()) check_collected(c);
  check_sweep(c);
  if (!c.values.string("task").empty()) {
    (void)policy::describe_task(c.values.string("task"));
    check_methods(c);
  }
}

}  // namespace flowkit::app
