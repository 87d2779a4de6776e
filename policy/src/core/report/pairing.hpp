// Which rows of a table may be compared with each other.
#pragma once

#include "core/report/view.hpp"

#include <flowkit/policy/evaluation/summary.hpp>

namespace flowkit::policy::detail {

/// Why two rows are not compared, in words; empty if they may be: no two of their policies were
/// trained with one seed, or of all that were, one was made from files that the run no longer
/// holds, or they were evaluated in different ways.
[[nodiscard]] std::string why_apart(const report_view& view, const method_row& first,
                                    const method_row& second);

/// The first evaluations of two rows with one training seed that may be compared; where there are
/// none, with one that is not known. Only where `why_apart` says nothing.
[[nodiscard]] method_comparison compared(const report_view& view, const method_row& first,
                                         const method_row& second);

/// Share of the gap between a plain student and its teacher that a student closes, see `gap_closed`
/// of summaries; of the first evaluation of the student that may be compared with one of each, not
/// of all seeds together. Empty also where there is none.
[[nodiscard]] std::optional<double> gap_closed(const report_view& view, const method_row& student,
                                               const method_row& plain, const method_row& teacher);

/// How a first method stands to a second in distance to the expert, where interval and test agree.
enum class standing : std::uint8_t { unknown, not_told_apart, closer, farther };
[[nodiscard]] standing standing_of(const method_comparison& pair);

/// Level of the tests of a report.
inline constexpr double significant_p = 0.05;

}  // namespace flowkit::policy::detail
