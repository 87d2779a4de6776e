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
#include <utility>

namespace flowkit::app {
namespace {

/// What there is to say about the demonstrations, if they are there.
void describe_data(const context& c, policy::run_info& info) {
  const policy::demonstrations data(demonstrations_path(c));
  info.parameters.push_back({"demonstrations", static_cast<double>(data.episodes())});
  info.facts.push_back({"steps of demonstrations", text(data.frames())});
}

/// How often the expert succeeded while it was recorded.
void describe_expert(const context& c, policy::run_info& info) {
  const std::string collected = c / "collect/stage.json";
  if (!std::filesystem::exists(collected)) return;
  const json_value document = read_json(collected);
  const json_value* const summary = document.is_object() ? document.find("summary") : nullptr;
  if (summary == nullptr || !summary->is_object()) return;
  const json_value* const share = summary->find("expert_success");
  if (share == nullptr || !share->is_number()) return;
  info.facts.push_back(
      {"success of the expert", text(std::round(1000 * share->as_number()) / 10, " %")});
}

/// Calls `read`; what is wrong with the files that it reads becomes a problem of the report.
template <class Read>
void optional(const context& c, std::vector<std::string>& problems, const Read& read) {
  try {
    read();
  } catch (const error& e) {
    problems.emplace_back(e.what());
    c.say(text("report: ", e.what()));
  }
}

/// Replaces what run.json says by this description, but for what the stages noted, maybe those of
/// another process meanwhile, and adds that to it. One that cannot be read stays: the page says so.
void write_description(const context& c, policy::run_info& info,
                       std::vector<std::string>& problems) {
  std::string problem = change_run_info(c, [&](policy::run_info& noted) {
    info.title = std::move(noted.title);
    info.preset = preset_of(c, noted.preset);
    info.stages = std::move(noted.stages);
    noted = info;
    return true;
  });
  if (problem.empty()) return;
  c.say(text("report: ", problem));
  problems.push_back(std::move(problem));
}

/// What people want to know before the figures, as run.json says it if it can be read.
policy::run_info describe_run(const context& c, std::vector<std::string>& problems) {
  policy::run_info info;
  info.task = c.values.string("task");
  info.description = info.task.empty()
                         ? text("Learnt from ", c.values.string("data"), ", outside of simulation.")
                         : policy::describe_task(info.task).instruction;
  info.observation = c.values.string("observation");
  info.primary = "sefa@1";
  optional(c, problems, [&] { describe_data(c, info); });
  optional(c, problems, [&] { describe_expert(c, info); });
  info.parameters.push_back({"seed", static_cast<double>(c.values.integer("seed"))});
  if (!info.task.empty()) {
    info.parameters.push_back({"expert_noise", c.values.number("collect.expert_noise")});
  }
  info.provenance = provenance_of(c, problems);
  info.differences = differences_of(c, problems);
  for (const policy::named_text& d : info.differences) {
    c.say(text("report: ", d.name, " was made with other settings: ", d.value));
  }
  write_description(c, info, problems);
  return info;
}

}  // namespace

void report_stage(const context& c) {
  std::vector<std::string> problems;
  optional(c, problems, [&] { couplings_stage(c); });
  policy::run_info info = describe_run(c, problems);
  (void)policy::write_report(c.folder, std::move(info), problems);
}

void report(const context& c) {
  (void)required(c, "config.toml", "run");
  report_stage(c);
  const std::string path = std::filesystem::absolute(c / "report.html").lexically_normal().string();
  c.answer(json_object{{"report", path}}, text("report: ", path));
}

}  // namespace flowkit::app
