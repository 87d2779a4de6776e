#include <flowkit/policy/report/sweep_record.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/measures.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

#include <cstdio>
#include <filesystem>

namespace flowkit::app {
namespace {

/// The fixed radii, and the adaptive operator, which has none.
std::vector<policy::alignment_rule> rules_of(const context& c, std::span<const double> radii) {
  policy::settings values = c.values;
  values.set("align.rule", "selective");
  std::vector<policy::alignment_rule> out =
      policy::selective_sweep(radii, std::get<selective_alignment>(rule_of(values)));
  values.set("align.rule", "adaptive");
  out.push_back(rule_of(values));
  return out;
}

void note_sweep(const context& c, const std::string& couplings, std::span<const double> radii,
                std::span<const policy::alignment_summary> found) {
  policy::sweep_record record{
      .parameter = "radius, action units",
      .caption = "What alignment would do to the same couplings; no student was trained.",
      .scale = axis_scale::log,
      .policy = policy::couplings_file(couplings).header().policy};
  for (std::size_t i = 0; i < found.size(); ++i) {
    policy::sweep_point point{.series = found[i].rule,
                              .distance = found[i].after.mean,
                              .acceptance = found[i].acceptance()};
    if (i < radii.size()) point.value = radii[i];
    record.points.push_back(std::move(point));
  }
  std::filesystem::create_directories(c / "sweeps");
  policy::write_sweep(c / "sweeps/radius.json", record);
}

void sweep(const context& c) {
  const std::vector<double> radii = radii_of(c.values);
  const std::string couplings = required(c, couplings_name(c), "couple");
  const std::vector<policy::alignment_rule> rules = rules_of(c, radii);
  const std::vector<policy::alignment_summary> found = on_backend(c, [&](auto& be) {
    return policy::sweep_alignment(be, policy_path(c, coupled_policy(c)), couplings, rules,
                                   hooks_of(c));
  });
  c.check_stop();
  note_sweep(c, couplings, radii, found);
  json_array document;
  std::string lines = "radius      accepted  distance before  after\n";
  for (std::size_t i = 0; i < found.size(); ++i) {
    const policy::alignment_summary& s = found[i];
    document.push_back(policy::json_of(s));
    std::string column = i < radii.size() ? text(radii[i]) : s.rule;
    column.resize(std::max<std::size_t>(column.size() + 2, 12), ' ');
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "%8.3f  %15.4f  %6.4f\n", s.acceptance(), s.before.mean,
                  s.after.mean);
    lines += column + numbers;
  }
  c.answer(document, lines);
}

}  // namespace

void align(const context& c) {
  expect_settings_of_policy(c, policy_path(c, coupled_policy(c)));
  if (!c.values.string("align.sweep").empty()) return sweep(c);
  align_stage(c);
  couplings_stage(c);
  const json_value report = read_json(c / "align/report.json");
  c.answer(report, policy::to_text(policy::summary_from_json(report)));
}

}  // namespace flowkit::app
