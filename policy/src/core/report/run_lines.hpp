// Runs side by side: a line per run and task, a column per method.
#pragma once

#include "core/report/view.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy::detail {

/// A run and one of its tasks. Refers to the view.
struct run_line {
  const report_view* view;
  std::string task;

  /// What a method reached; null if the run has no such method.
  [[nodiscard]] const method_row* find(std::string_view label) const;
};

/// The views refer to the runs.
[[nodiscard]] std::vector<report_view> views_of(std::span<const run_record> runs);
/// In the order of runs and their tasks.
[[nodiscard]] std::vector<run_line> lines_of(const std::vector<report_view>& views);
/// Labels of all methods, in order of appearance.
[[nodiscard]] std::vector<std::string> labels_of(const std::vector<report_view>& views);

}  // namespace flowkit::policy::detail
