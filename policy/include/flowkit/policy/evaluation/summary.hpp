// The row of a table: what evaluations of one method say together, and two methods side by side.
#pragma once

#include <flowkit/policy/evaluation/paired_distances.hpp>
#include <flowkit/policy/evaluation/paired_outcomes.hpp>
#include <flowkit/policy/evaluation/quantiles.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <optional>
#include <span>
#include <string>

namespace flowkit::policy {

/// One method with one solver on one task. A part that no evaluation measured is empty.
struct method_summary {
  std::string task{};
  std::string method{};
  std::string label{};
  proportion success{};                       ///< episodes of all training seeds together
  interval success_range{};                   ///< Wilson; of these episodes, not of training anew
  std::optional<mean_estimate> over_seeds{};  ///< success per training seed, if there are several
  /// Least and largest success over noise seeds, on the starts of the repetitions.
  std::optional<interval> over_noise{};
  bool own_noise = false;            ///< the seed of the episodes themselves is one of them
  std::optional<double> distance{};  ///< to the expert chunk, mean over held-out windows
  std::optional<double> seam{};      ///< mean over episodes
  std::optional<double> acceptance{};
  std::optional<double> action_spread{};
  std::optional<double> evaluations{};         ///< of the network per chunk, mean over chunks
  std::optional<latency_summary> latency{};    ///< milliseconds of the first action of a chunk
  std::optional<latency_summary> following{};  ///< milliseconds of the others
  std::optional<double> outside{};             ///< share of observations that left the range
  std::optional<double> clipped{};             ///< share of observations that were clipped
  index_t guarded = 0;                         ///< actions changed by the guard
  std::optional<double> guarded_share{};       ///< of all planned actions
  mode_counts modes{};
  mode_counts expert_modes{};
};

/// Summary of evaluations of equal task, method and solver, one per training seed. Throws
/// invalid_input if there are none or they differ in one of these. *Allocates*.
[[nodiscard]] method_summary summarize(std::span<const evaluation_result> results);

/// Two methods on equal seeds and equal windows.
struct method_comparison {
  std::string first{};
  std::string second{};
  paired_outcomes outcomes{};
  interval difference{};  ///< of success, first less second (Newcombe)
  double mcnemar_p = 1;
  /// Over the episodes that held-out windows come from, if both measured the same windows.
  std::optional<paired_distances> distances{};
};

/// Pairs episodes by seed; seeds of one side alone are left out. Throws invalid_input for results
/// of different tasks. *Allocates*.
[[nodiscard]] method_comparison compare_methods(const evaluation_result& first,
                                                const evaluation_result& second);

/// Share of the latency that the first method saves, from medians: 0.987 is 98.7 % less. Empty
/// without latencies of both.
[[nodiscard]] std::optional<double> latency_reduction(const method_summary& first,
                                                      const method_summary& second);

/// Share of the distance between a plain student and its teacher that a better student closes:
/// (plain - student) / (plain - teacher) in distance to the expert; 1 is as close as the teacher.
/// Empty without the three distances, or if the plain student is no farther than the teacher.
[[nodiscard]] std::optional<double> gap_closed(const method_summary& student,
                                               const method_summary& plain,
                                               const method_summary& teacher);

}  // namespace flowkit::policy
