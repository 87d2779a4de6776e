// Several runs side by side: tasks, numbers of demonstrations, thresholds.
#pragma once

#include <flowkit/policy/report/run_record.hpp>

#include <span>
#include <string>
#include <vector>

namespace flowkit::policy {

/// How runs are compared.
struct comparison_options {
  std::string title = "Comparison of runs";
  /// Name of the parameter of run.json that is the axis of the charts, e.g. "demonstrations";
  /// empty: no charts, only the table.
  std::string parameter{};
  axis_scale scale = axis_scale::linear;
};

/// What every method reaches over a parameter, from runs that have it. Runs without it become
/// points without value.
[[nodiscard]] sweep_record sweep_of(std::span<const run_record> runs,
                                    const comparison_options& options);

/// The page of a comparison: a table with a row per run and method, means over runs per method,
/// and a chart of success, distance, seam, acceptance and mode coverage over the parameter. As
/// report_html otherwise. *Allocates*.
[[nodiscard]] std::string comparison_html(std::span<const run_record> runs,
                                          const comparison_options& options);

/// Reads the runs and replaces `path` atomically by their comparison. Throws invalid_input without
/// runs, file_error if one cannot be read.
void write_comparison(const std::string& path, std::span<const std::string> run_directories,
                      const comparison_options& options);

}  // namespace flowkit::policy
