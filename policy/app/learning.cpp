#include <app/checks.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>
#include <app/task_choice.hpp>

namespace flowkit::app {
namespace {

using policy::learning_stage;

void learn_part(const context& c, const policy::learning_part& part) {
  c.check_stop();
  const policy::demonstrations data(demonstrations_path(c));
  expect_task_of_data(c.values, data);
  if (part.first == learning_stage::base) check_fields(c.values, data);
  policy::stage_hooks hooks = hooks_of(c);
  hooks.on_stage = [&](std::string_view stage, policy::stage_end end, double seconds) {
    remember_settings(c);
    note_stage(c, stage, end, seconds);
  };
  on_backend(c, [&](auto& be) {
    (void)policy::learn(be, data, learn_options_of(c.values), c.folder, hooks, part);
  });
}

void learn_part(const context& c, learning_stage only) { learn_part(c, {only, only}); }

}  // namespace

void learn_stages(const context& c) { learn_part(c, policy::learning_part{}); }

void train_stage(const context& c) { learn_part(c, learning_stage::base); }

void couple_stage(const context& c) {
  (void)policy_path(c, "base");
  learn_part(c, learning_stage::couple);
}

void align_stage(const context& c) {
  (void)required(c, couplings_name(c), "couple");
  learn_part(c, learning_stage::align);
}

void distill_stage(const context& c) {
  (void)required(c, "align/aligned.safetensors", "align");
  learn_part(c, learning_stage::distill);
}

}  // namespace flowkit::app
