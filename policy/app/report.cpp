#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/report/report.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/command.hpp>
#include <app/measures.hpp>
#include <app/provenance.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

#include <cmath>
#include <filesystem>

namespace flowkit::app {
namespace {

std::vector<policy::named_text> facts_of(const context& c, const policy::demonstrations& data) {
  std::vector<policy::named_text> out{{"steps of demonstrations", text(data.frames())}};
  const std::string collected = c / "collect/stage.json";
  if (std::filesystem::exists(collected)) {
    const json_value document = read_json(collected);
    const json_value* const summary = document.find("summary");
    if (summary != nullptr && summary->find("expert_success") != nullptr) {
      const double share = summary->at("expert_success").as_number();
      out.push_back({"success of the expert", text(std::round(1000 * share) / 10, " %")});
    }
  }
  return out;
}

/// run.json: what people want to know before the figures. Times of stages were noted before.
void describe_run(const context& c) {
  const std::string path = c / "run.json";
  policy::run_info info;
  if (std::filesystem::exists(path)) info = policy::read_run_info(path);
  info.task = c.values.string("task");
  info.description = info.task.empty()
                         ? text("Learnt from ", c.values.string("data"), ", outside of simulation.")
                         : policy::describe_task(info.task).instruction;
  info.observation = c.values.string("observation");
  info.primary = "sefa@1";
  const policy::demonstrations data(demonstrations_path(c));
  info.parameters = {{"demonstrations", static_cast<double>(data.episodes())},
                     {"seed", static_cast<double>(c.values.integer("seed"))}};
  if (!info.task.empty()) {
    info.parameters.push_back({"expert_noise", c.values.number("collect.expert_noise")});
  }
  info.facts = facts_of(c, data);
  info.provenance = provenance_of(c);
  info.differences = differences_of(c);
  for (const policy::named_text& d : info.differences) {
    c.say(text("report: ", d.name, " was made with ", d.value, " than the settings say"));
  }
  policy::write_run_info(path, info);
}

}  // namespace

void report_stage(const context& c) {
  couplings_stage(c);
  describe_run(c);
  (void)policy::write_report(c.folder);
}

void report(const context& c) {
  (void)required(c, "config.toml", "run");
  report_stage(c);
  const std::string path = std::filesystem::absolute(c / "report.html").lexically_normal().string();
  c.answer(json_object{{"report", path}}, text("report: ", path));
}

}  // namespace flowkit::app
