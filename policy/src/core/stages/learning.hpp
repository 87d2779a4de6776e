// What learn decides without a backend.
#pragma once

#include <flowkit/policy/stages/learn.hpp>

namespace flowkit::policy::detail {

void validate_learn(const learn_options& o, const learning_part& part);
[[nodiscard]] std::string path_in(const std::string& folder, std::string_view stage);
/// Includes the end of a stage in that of all: stopped beats finished beats unchanged.
void note(stage_end& all, stage_end stage, bool first);

/// Folders and files of the first round or the second.
struct round_files {
  std::string couple;              ///< name of the folder
  std::string held_out;            ///< name of the folder
  std::string policy;              ///< path of the policy whose flow is coupled
  std::string couplings;           ///< path
  std::string held_out_couplings;  ///< path
};
[[nodiscard]] round_files files_of(const std::string& folder, index_t round);
[[nodiscard]] std::string aligned_in(const std::string& folder);

/// Whether students get a held-out loss.
[[nodiscard]] bool couples_held_out(const learn_options& o, const demonstrations& data);
/// Settings of stages that follow from those of others.
[[nodiscard]] couple_options held_out_couple(const learn_options& o);
[[nodiscard]] distill_options straightening(const learn_options& o);
[[nodiscard]] distill_options reflow_student(const learn_options& o);

}  // namespace flowkit::policy::detail
