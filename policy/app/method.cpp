#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/policy_file.hpp>

#include <app/method.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

#include <charconv>
#include <cmath>

namespace flowkit::app {
namespace {

constexpr index_t most_steps = 10000;

index_t steps_of(std::string_view word, std::string_view label) {
  index_t steps = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, steps);
  FLOWKIT_VALIDATE(read.ec == std::errc{} && read.ptr == end && steps > 0 && steps <= most_steps,
                   "method '", label, "' does not end in a number of steps: write sefa@1, base@100",
                   " or base@adaptive");
  return steps;
}

/// As reports call it.
std::string label_of(const policy::policy_manifest& m, const policy::inference_options& o) {
  const bool adaptive = o.solver == policy::inference_solver::dormand_prince;
  return policy::label_of(policy::evaluation_result{.method = m.method,
                                                    .solver = adaptive ? "dormand_prince" : "euler",
                                                    .steps = adaptive ? 0 : o.steps,
                                                    .tolerance = adaptive ? o.tolerance : 0});
}

}  // namespace

label_parts split_label(const std::string& label) {
  const std::size_t at = label.find('@');
  FLOWKIT_VALIDATE(at != std::string::npos && at > 0, "method '", label,
                   "' has no '@': write policy@steps, for example sefa@1");
  const std::string solver = label.substr(at + 1);
  const bool adaptive = solver == "adaptive" || solver == "dormand_prince";
  return {label.substr(0, at), adaptive ? 0 : steps_of(solver, label)};
}

method parse_method(const context& c, const std::string& label) {
  const label_parts parts = split_label(label);
  const std::string path = policy_path(c, parts.policy);
  const policy::policy_file file(path);
  policy::inference_options inference = file.manifest().inference;
  inference.solver =
      parts.steps == 0 ? policy::inference_solver::dormand_prince : policy::inference_solver::euler;
  if (parts.steps > 0) inference.steps = parts.steps;
  return {label_of(file.manifest(), inference), path, inference};
}

std::vector<method> methods_of(const context& c) {
  const std::string& own = c.values.string("evaluate.policy");
  if (!own.empty()) {
    const policy::policy_file file(own);
    const policy::inference_options inference = file.manifest().inference;
    // A name of its own, so that the run's results of that method stay.
    const std::string label =
        text("file-", sha256_of_file(own).substr(0, 8), "-", label_of(file.manifest(), inference));
    return {{label, own, inference}};
  }
  std::vector<method> out;
  for (const std::string& label : words_of(c.values.string("evaluate.methods"))) {
    if (label.starts_with("reflow@") && !c.values.boolean("run.reflow")) continue;
    out.push_back(parse_method(c, label));
  }
  FLOWKIT_VALIDATE(!out.empty(), "evaluate.methods is empty: name at least one, such as sefa@1");
  return out;
}

policy::controller_options control_of(const context& c, const method& m,
                                      const policy::policy_runtime& p) {
  policy::controller_options out{.inference = m.inference};
  const double step = c.values.number("evaluate.largest_step");
  if (!std::isfinite(step)) return out;
  const policy::column_statistics& actions = p.manifest().normalizers.action.statistics();
  out.guard = policy::guard_within(actions);
  out.guard->largest_step.assign(static_cast<std::size_t>(actions.size()), step);
  return out;
}

}  // namespace flowkit::app
