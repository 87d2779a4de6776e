// How alignments are written.
#pragma once

#include <flowkit/policy/stages/alignment_file.hpp>

namespace flowkit::policy::detail {

/// Replaces `path` atomically by a file that alignment_file reads. `couplings` is the hash of the
/// couplings file.
void write_alignment(const std::string& path, const std::string& couplings, const json_value& rule,
                     std::span<const float> end_points,
                     const std::vector<alignment_decision>& decisions);

/// Everything in a report but its name and modes.
[[nodiscard]] alignment_summary summary_of(const alignment_report& report);

}  // namespace flowkit::policy::detail
