#include <flowkit/policy/policy_file.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

namespace flowkit::app {
namespace {

/// Names the policies that were made.
void answer_with(const context& c, std::initializer_list<std::string_view> methods) {
  json_value document(json_object{});
  std::string lines;
  for (const std::string_view method : methods) {
    const std::string path = policy_path(c, method);
    document.set(method, path);
    lines += text(method, ": ", path, "\n");
  }
  c.answer(document, lines);
}

}  // namespace

void train(const context& c) {
  expect_recorded_cameras(c);
  train_stage(c);
  answer_with(c, {"base"});
}

void distill(const context& c) {
  expect_settings_of_policy(c, policy_path(c, coupled_policy(c)));
  distill_stage(c);
  if (c.values.boolean("run.reflow")) {
    answer_with(c, {"reflow", "sefa"});
  } else {
    answer_with(c, {"sefa"});
  }
}

}  // namespace flowkit::app
