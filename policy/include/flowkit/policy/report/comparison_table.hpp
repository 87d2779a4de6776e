// Several runs side by side as text, for documents and terminals.
#pragma once

#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <span>
#include <string>
#include <vector>

namespace flowkit::policy {

/// What a one-step student is judged by in one run and task: the base flow with many steps, which
/// it replaces, and plain reflow, which it has to beat.
struct student_verdict {
  std::string run{};
  std::string task{};
  method_comparison with_teacher{};           ///< sefa@1 and base@100
  method_comparison with_plain{};             ///< sefa@1 and reflow@1
  std::optional<double> acceptance{};         ///< share of the couplings that were replaced
  std::optional<double> gap_closed{};         ///< see gap_closed()
  std::optional<double> latency_reduction{};  ///< against base@100
  std::optional<double> coverage{};  ///< overlap with the experts' modes over the teacher's
};

/// A verdict per run and task that has sefa@1, base@100 and reflow@1. *Allocates*.
[[nodiscard]] std::vector<student_verdict> student_verdicts(std::span<const run_record> runs);

/// Why a run that has these three methods has no verdict, in words: "NAME, TASK: sefa@1 and ...".
[[nodiscard]] std::vector<std::string> not_compared(std::span<const run_record> runs);

/// Markdown: a table with two lines per run and task (success with its interval and milliseconds
/// per chunk; distance to the expert and seam) and a column per method, then one of the verdicts
/// with their means. *Allocates*.
[[nodiscard]] std::string comparison_markdown(std::span<const run_record> runs);

}  // namespace flowkit::policy
