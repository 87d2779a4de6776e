// Everything that a run directory says, as a report needs it.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/report/couplings_record.hpp>
#include <flowkit/policy/report/flow_record.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/report/run_info.hpp>
#include <flowkit/policy/report/sweep_record.hpp>
#include <flowkit/policy/report/training_curve.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Names of the files that stages write and the report reads. `<stage>` and `<label>` are any
/// names of folders; a label is that of label_of, with the training seed if there are several.
///   run.json                             run_info
///   config.toml                          resolved configuration, shown as it is
///   <stage>/metrics.jsonl                training curves
///   <stage>/couplings.json               couplings_record
///   <stage>/flow.json                    flow_record
///   <stage>/pictures.json                pictures of a stage, e.g. of the experts
///   evaluation/<label>/results.json      evaluation_result
///   evaluation/<label>/pictures.json     pictures of rollouts
///   sweeps/<name>.json                   sweep_record
///   report.html                          written by write_report
namespace run_files {
inline constexpr std::string_view info = "run.json";
inline constexpr std::string_view configuration = "config.toml";
inline constexpr std::string_view metrics = "metrics.jsonl";
inline constexpr std::string_view couplings = "couplings.json";
inline constexpr std::string_view flow = "flow.json";
inline constexpr std::string_view pictures = "pictures.json";
inline constexpr std::string_view evaluations = "evaluation";
inline constexpr std::string_view results = "results.json";
inline constexpr std::string_view sweeps = "sweeps";
inline constexpr std::string_view report = "report.html";
}  // namespace run_files

/// Couplings and the stage they belong to.
struct staged_couplings {
  std::string stage;
  couplings_record record;
};

/// A run, as far as it got.
struct run_record {
  std::string name{};  ///< of the directory
  run_info info{};
  std::string configuration{};
  std::vector<evaluation_result> evaluations{};  ///< as a table shows them: see sort_for_table
  std::vector<training_curve> curves{};
  std::vector<staged_couplings> couplings{};
  flow_record flow{};  ///< of all stages together
  std::vector<picture_record> pictures{};
  std::vector<sweep_record> sweeps{};
  /// SHA-256 of policies that were made from files which the run no longer holds, such as an older
  /// base: their results are shown, but not compared with others.
  std::vector<std::string> outdated{};
  std::vector<std::string> problems{};  ///< files that could not be read, with the reason
  /// Those of them for which an evaluation is missing: damaged, or of a policy that is gone.
  std::vector<std::string> lost_evaluations{};
};

/// Reads what a directory holds. Absent files leave their part empty, damaged ones are listed in
/// `problems`: a report of a broken run shows what is left of it. So are evaluations and measures
/// of the flow whose policy, by its SHA-256, is no longer the one that the directory holds: they
/// are left out, and demonstration sweeps of other settings than run.json says. Stages whose inputs
/// are gone stay, and are listed. Throws file_error only if the directory itself cannot be read.
/// *Allocates*.
[[nodiscard]] run_record read_run(const std::string& directory);

/// The same with a description that is known already, whatever run.json says.
[[nodiscard]] run_record read_run(const std::string& directory, run_info info);

/// Sorts by task, then base, reflow, other methods by name, sefa last; most steps first, adaptive
/// solvers before them; then by training seed.
void sort_for_table(std::vector<evaluation_result>& evaluations);

}  // namespace flowkit::policy
