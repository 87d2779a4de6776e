// What is evaluated: a policy with a solver, written "sefa@1" or "base@adaptive".
#pragma once

#include <flowkit/policy/runtime.hpp>

#include <app/context.hpp>

namespace flowkit::app {

struct method {
  std::string label;   ///< also its folder below evaluation/
  std::string policy;  ///< path of the file
  policy::inference_options inference;
};

/// The methods that the settings ask for: evaluate.policy with its own solver if that is given,
/// else all of evaluate.methods, each once. Throws invalid_input for labels that mean nothing and
/// policies that are not there yet.
[[nodiscard]] std::vector<method> methods_of(const context& c);

/// Whether a method is a policy that the stages of this run make, in its own folder: those of other
/// folders come from elsewhere, as evaluate.policy does.
[[nodiscard]] bool is_own(const context& c, const method& m);

/// "sefa@1" in its parts. Throws invalid_input for a label that means nothing.
struct label_parts {
  std::string policy;
  index_t steps = 0;  ///< 0: adaptive
};
[[nodiscard]] label_parts split_label(const std::string& label);

/// How a policy acts here: with the solver of the method and the guard of the settings.
[[nodiscard]] policy::controller_options control_of(const context& c, const method& m,
                                                    const policy::policy_runtime& p);

/// Whether a method is asked for at all: without run.reflow there is no such student.
[[nodiscard]] inline bool made_here(const context& c, const std::string& label) {
  return c.values.boolean("run.reflow") || !label.starts_with("reflow@");
}
/// What to say if evaluate.methods leaves nothing to evaluate.
[[nodiscard]] std::string nothing_to_evaluate(const context& c);

/// Reads one label; the policy file decides what it leaves open.
[[nodiscard]] method parse_method(const context& c, const std::string& label);

}  // namespace flowkit::app
