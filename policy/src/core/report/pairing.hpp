// Which rows of a table may be compared with each other.
#pragma once

#include "core/report/view.hpp"

#include <flowkit/policy/evaluation/summary.hpp>

namespace flowkit::policy::detail {

/// Why two rows are not compared, in words; empty if they may be: no two of their policies were
/// trained with one seed, one of the two was made from files that the run no longer holds, or they
/// were evaluated in different ways.
[[nodiscard]] std::string why_apart(const report_view& view, const method_row& first,
                                    const method_row& second);

/// The first evaluations of two rows with one training seed, as far as it is known. Only where
/// `why_apart` says nothing.
[[nodiscard]] method_comparison compared(const report_view& view, const method_row& first,
                                         const method_row& second);

/// How a first method stands to a second in distance to the expert, where interval and test agree.
enum class standing : std::uint8_t { unknown, not_told_apart, closer, farther };
[[nodiscard]] standing standing_of(const method_comparison& pair);

/// Level of the tests of a report.
inline constexpr double significant_p = 0.05;

}  // namespace flowkit::policy::detail
