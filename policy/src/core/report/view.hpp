// A run as the sections of a page look at it: rows of the table, and which of them matter most.
#pragma once

#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy::detail {

/// A method with a solver on a task, over all training seeds.
struct method_row {
  method_summary summary;
  std::vector<std::size_t> evaluations;  ///< numbers of the run's evaluations behind it
  std::string colour;                    ///< equal labels have equal colours in all figures
};

/// Refers to the run.
struct report_view {
  const run_record* run = nullptr;
  std::vector<method_row> rows{};  ///< sorted by task
  /// The row that the report is about, and the many-step base that it is compared with.
  std::optional<std::size_t> primary{};
  std::optional<std::size_t> reference{};

  [[nodiscard]] const method_row* primary_row() const {
    return primary ? &rows[*primary] : nullptr;
  }
  [[nodiscard]] const method_row* reference_row() const {
    return reference ? &rows[*reference] : nullptr;
  }
  /// The base that a row of any task is compared with, if there is one.
  [[nodiscard]] const method_row* reference_of(const method_row& row) const;
  [[nodiscard]] bool several_tasks() const;
};

[[nodiscard]] report_view view_of(const run_record& run);

}  // namespace flowkit::policy::detail
