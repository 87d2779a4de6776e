#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/policy_file.hpp>

#include <app/method.hpp>
#include <app/options.hpp>
#include <app/run_directory.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace flowkit::app {
namespace {

constexpr index_t most_steps = 10000;

index_t steps_of(std::string_view word, std::string_view label) {
  index_t steps = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, steps);
  FLOWKIT_VALIDATE(read.ec != std::errc::invalid_argument && read.ptr == end, "method '", label,
                   "' does not end in a number of steps: write sefa@1, base@100 or base@adaptive");
  FLOWKIT_VALIDATE(read.ec == std::errc{} && steps > 0 && steps <= most_steps, "method '", label,
                   "' asks for ", word, " steps: give a number between 1 and ", most_steps);
  return steps;
}

/// As reports call a policy of this name.
std::string label_of(const std::string& name, const policy::inference_options& o) {
  const bool adaptive = o.solver == policy::inference_solver::dormand_prince;
  return policy::label_of(policy::evaluation_result{.method = name,
                                                    .solver = adaptive ? "dormand_prince" : "euler",
                                                    .steps = adaptive ? 0 : o.steps,
                                                    .tolerance = adaptive ? o.tolerance : 0});
}

/// What a policy in a folder of the run is called: by its method in the method's own folder, else
/// by the folder, so that a copy from elsewhere does not pass for the run's own.
std::string name_in(const std::string& folder, const std::string& method) {
  return folder == "straighten" && method == "straightened" ? method : folder;
}

}  // namespace

label_parts split_label(const std::string& label) {
  const std::size_t at = label.find('@');
  FLOWKIT_VALIDATE(at != std::string::npos, "method '", label,
                   "' has no '@': write policy@steps, for example sefa@1");
  FLOWKIT_VALIDATE(at > 0, "method '", label,
                   "' names no policy before the '@': write policy@steps, for example sefa@1");
  const std::string name = label.substr(0, at);
  FLOWKIT_VALIDATE(name.find('/') == name.npos && name.find("..") == name.npos, "method '", label,
                   "' names a path: name a folder of the run, such as sefa, or give the file of a "
                   "policy from elsewhere with --policy");
  const std::string solver = label.substr(at + 1);
  const bool adaptive = solver == "adaptive" || solver == "dormand_prince";
  return {name, adaptive ? 0 : steps_of(solver, label)};
}

method parse_method(const context& c, const std::string& label) {
  const label_parts parts = split_label(label);
  const std::string path = policy_path(c, parts.policy);
  const policy::policy_file file(path);
  policy::inference_options inference = file.manifest().inference;
  inference.solver =
      parts.steps == 0 ? policy::inference_solver::dormand_prince : policy::inference_solver::euler;
  if (parts.steps > 0) inference.steps = parts.steps;
  return {label_of(name_in(parts.policy, file.manifest().method), inference), path, inference};
}

std::string nothing_to_evaluate(const context& c) {
  const std::string& methods = c.values.string("evaluate.methods");
  if (words_of(methods).empty()) {
    return "evaluate.methods is empty: name at least one, such as sefa@1";
  }
  return text("evaluate.methods is '", methods,
              "', but run.reflow is false, so there is no such student: name another method, such "
              "as sefa@1");
}

std::vector<method> methods_of(const context& c) {
  const std::string& own = c.values.string("evaluate.policy");
  if (!own.empty()) {
    const policy::policy_file file(own);
    const policy::inference_options inference = file.manifest().inference;
    // A name of its own, so that the run's results of that method stay.
    const std::string label = text("file-", sha256_of_file(own).substr(0, 8), "-",
                                   label_of(file.manifest().method, inference));
    return {{label, own, inference}};
  }
  std::vector<method> out;
  for (const std::string& label : words_of(c.values.string("evaluate.methods"))) {
    if (!made_here(c, label)) continue;
    method one = parse_method(c, label);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const method& m) { return m.label == one.label; });
    if (!known) out.push_back(std::move(one));
  }
  FLOWKIT_VALIDATE(!out.empty(), nothing_to_evaluate(c));
  return out;
}

bool is_own(const context& c, const method& m) {
  if (!c.values.string("evaluate.policy").empty()) return false;
  constexpr std::string_view made[] = {"base", "straighten", "reflow", "sefa"};
  return std::any_of(std::begin(made), std::end(made), [&](std::string_view folder) {
    return m.policy == c / text(folder, "/policy.safetensors");
  });
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
