// What learn decides without a backend.
#pragma once

#include <flowkit/policy/stages/learn.hpp>

namespace flowkit::policy::detail {

void validate_learn(const learn_options& o);
[[nodiscard]] std::string path_in(const std::string& folder, std::string_view stage);
/// Includes the end of a stage in that of all: stopped beats finished beats unchanged.
void note(stage_end& all, stage_end stage, bool first);
/// Whether students get a held-out loss.
[[nodiscard]] bool couples_held_out(const learn_options& o, const train_base_result& base);
/// Settings of stages that follow from those of others.
[[nodiscard]] couple_options held_out_couple(const learn_options& o);
[[nodiscard]] distill_options straightening(const learn_options& o);
[[nodiscard]] distill_options reflow_student(const learn_options& o);

}  // namespace flowkit::policy::detail
