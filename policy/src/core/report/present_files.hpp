// Which results of a run directory belong to the files that it holds now.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/report/sweep_record.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace flowkit::policy::detail {

/// The files of a run that stages are made from, known by their SHA-256:
/// <stage>/policy.safetensors, couplings.safetensors and aligned.safetensors.
class present_files {
 public:
  /// Hashes those in the folders of a run. One that cannot be read counts as none.
  present_files(const std::filesystem::path& run, const std::vector<std::filesystem::path>& stages);

  /// Why an evaluation does not belong to this run, in words; empty if it does, and where nothing
  /// can be said: the directory holds no policy of that method.
  [[nodiscard]] std::string objection(const evaluation_result& result) const;
  /// The same of a sweep that is about one policy, the flow of the last round.
  [[nodiscard]] std::string objection(const sweep_record& sweep) const;
  /// The same of a stage, as the inputs in its stage.json say, and those of the stages that made
  /// them. An input that is gone, to save space, is none; one that was made again is.
  [[nodiscard]] std::string objection(const std::filesystem::path& stage) const;
  /// What is wrong with the files that could not be read.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  /// Hash of the policy of a stage; empty if it has none.
  [[nodiscard]] std::string policy_of(const std::filesystem::path& stage) const;

 private:
  struct holder {
    std::filesystem::path stage;
    std::string hash;
  };
  [[nodiscard]] const std::vector<holder>& named(std::string_view file) const;
  /// Whether the stage of this name has such a file.
  [[nodiscard]] bool has(const std::filesystem::path& stage, std::string_view file) const;
  [[nodiscard]] bool holds_policy(std::string_view hash) const;
  [[nodiscard]] std::string objection(const std::filesystem::path& stage, int depth) const;

  index_t rounds_;                                                 // of learning
  std::map<std::string, std::vector<holder>, std::less<>> files_;  // by name
  std::vector<std::string> problems_;
};

}  // namespace flowkit::policy::detail
