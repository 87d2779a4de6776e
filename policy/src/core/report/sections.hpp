// The sections of a report, each empty if the run has nothing for it.
#pragma once

#include "core/report/markup.hpp"
#include "core/report/view.hpp"

#include <string_view>

namespace flowkit::policy::detail {

[[nodiscard]] markup headline(const report_view& view);
[[nodiscard]] markup results_section(const report_view& view);
[[nodiscard]] markup rollouts_section(const report_view& view);
[[nodiscard]] markup paired_section(const report_view& view);
[[nodiscard]] markup sweeps_section(const report_view& view);
[[nodiscard]] markup modes_section(const report_view& view);
[[nodiscard]] markup latency_section(const report_view& view);
[[nodiscard]] markup training_section(const report_view& view);
[[nodiscard]] markup flow_section(const report_view& view);
[[nodiscard]] markup couplings_section(const report_view& view);
[[nodiscard]] markup configuration_section(const report_view& view);
[[nodiscard]] markup provenance_section(const report_view& view);
[[nodiscard]] markup missing_section(const report_view& view);

/// The charts of one sweep, with its caption; also the charts of a comparison of runs.
[[nodiscard]] markup sweep_charts(const sweep_record& sweep);

/// The table of methods.
[[nodiscard]] markup method_table(const report_view& view);

}  // namespace flowkit::policy::detail
