// One number varied, everything else kept: thresholds of an alignment, numbers of demonstrations.
#pragma once

#include <flowkit/host/plot.hpp>
#include <flowkit/policy/evaluation/intervals.hpp>

#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// What one setting reached. Points without `value` are settings that do not depend on it, e.g. the
/// adaptive radius in a sweep of fixed ones: they become level lines.
struct sweep_point {
  std::string series{};  ///< what is varied, e.g. "selective" or "sefa@1"
  std::optional<double> value{};
  std::optional<proportion> success{};
  std::optional<double> distance{};  ///< to the expert chunk, action units
  std::optional<double> seam{};
  std::optional<double> acceptance{};
  std::optional<double> coverage{};  ///< of the experts' modes, see mode_coverage
};

/// A sweep. Points of one series are drawn in the order of their values.
struct sweep_record {
  std::string parameter{};  ///< what the axis is called, with unit: "radius, action units"
  std::string caption{};    ///< a sentence on what was kept
  axis_scale scale = axis_scale::linear;
  std::vector<sweep_point> points{};
  std::string policy{};  ///< SHA-256 of the policy that all points are about; empty: of several
  /// Options of the stages that all points have in common, a JSON document; empty: not known.
  std::string settings{};
};

/// Replaces `path` atomically, format "flowkit.sweep". Throws file_error.
void write_sweep(const std::string& path, const sweep_record& record);

/// Reads it back. Throws file_error that names the file and the member.
[[nodiscard]] sweep_record read_sweep(const std::string& path);

}  // namespace flowkit::policy
