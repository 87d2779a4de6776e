// Which results of a run directory belong to the policies that it holds now.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/report/sweep_record.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace flowkit::policy::detail {

/// The policy files of a run, <stage>/policy.safetensors, known by their SHA-256.
class present_policies {
 public:
  /// Hashes those in the folders. Throws file_error.
  explicit present_policies(const std::vector<std::filesystem::path>& stages);

  /// Why an evaluation does not belong to this run, in words; empty if it does, and where nothing
  /// can be said: the directory holds no policy of that method.
  [[nodiscard]] std::string objection(const evaluation_result& result) const;
  /// The same of a sweep that is about one policy.
  [[nodiscard]] std::string objection(const sweep_record& sweep) const;
  /// The same of a stage that was made from a policy, as its stage.json says.
  [[nodiscard]] std::string objection(const std::filesystem::path& stage) const;

 private:
  std::vector<std::string> stages_;  // names of the folders that hold one
  std::vector<std::string> hashes_;
};

}  // namespace flowkit::policy::detail
