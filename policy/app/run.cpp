#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/report/sweep_record.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/measures.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>
#include <app/summary_table.hpp>
#include <app/sweep_settings.hpp>

#include <cmath>
#include <filesystem>

namespace flowkit::app {
namespace {

/// Data of one's own may come from a robot, of which there is no simulation.
bool has_task(const context& c) { return !c.values.string("task").empty(); }

/// Everything between the demonstrations and the report.
void learn_and_evaluate(const context& c) {
  learn_stages(c);
  if (has_task(c)) return evaluate_stage(c);
  c.say(text("evaluate: skipped, because evaluation needs a simulated task to act in, and ",
             c.values.string("data"), " names none (flowkit tasks lists them)"));
  if (c.values.boolean("evaluate.flow")) {
    flow_stage(c, policy::demonstrations(demonstrations_path(c)));
  }
}

/// The same run with fewer demonstrations, in a directory below it.
context with_demonstrations(const context& c, index_t count) {
  context out = c;
  out.folder = c / text("demonstrations_", count);
  if (c.values.string("data").empty()) out.values.set("data", demonstrations_path(c));
  out.values.set("policy.demonstrations", count);
  out.values.set("run.sweep", "");
  out.values.set("evaluate.film_frames", 0);
  return out;
}

policy::sweep_point point_of(const policy::evaluation_result& r, index_t count) {
  const policy::method_summary s = policy::summarize({&r, 1});
  policy::sweep_point out{.series = s.label,
                          .value = static_cast<double>(count),
                          .success = s.success,
                          .distance = s.distance,
                          .seam = s.seam,
                          .acceptance = s.acceptance};
  const double overlap = policy::coverage_of(s.modes, s.expert_modes).overlap;
  if (std::isfinite(overlap)) out.coverage = overlap;  // no episode may have gone any way
  return out;
}

/// Learns from fewer and fewer demonstrations; every run is one of its own and continues as such.
void sweep_demonstrations(const context& c) {
  policy::sweep_record record{.parameter = "demonstrations",
                              .caption = "Runs that differ in the number of demonstrations only.",
                              .settings = settings_of_sweep(c)};
  for (const index_t count : sweep_of(c.values)) {
    const context fewer = with_demonstrations(c, count);
    c.say(text("with ", count, " demonstrations: ", fewer.folder));
    learn_and_evaluate(fewer);
    report_stage(fewer);
    if (!has_task(c)) continue;
    for (const policy::evaluation_result& r : read_evaluations(fewer)) {
      record.points.push_back(point_of(r, count));
    }
  }
  std::filesystem::create_directories(c / "sweeps");
  policy::write_sweep(c / "sweeps/demonstrations.json", record);
}

}  // namespace

void run_all(const context& c) {
  check_settings(c);
  if (c.values.string("data").empty()) collect_stage(c);
  learn_and_evaluate(c);
  if (!c.values.string("run.sweep").empty()) sweep_demonstrations(c);
  run_stage(c, "report", [&] {
    report_stage(c);
    return policy::stage_end::finished;
  });
  std::vector<policy::evaluation_result> results;
  if (has_task(c)) results = read_evaluations(c);
  const std::string path = std::filesystem::absolute(c / "report.html").lexically_normal().string();
  c.answer(json_object{{"methods", table_document(results)}, {"report", path}},
           text(has_task(c) ? table_text(results) : text("student: ", policy_path(c, "sefa"), "\n"),
                "report: ", path));
}

}  // namespace flowkit::app
