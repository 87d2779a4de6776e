// flow.json: how straight flows are, and what solvers lose on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// How far the velocity along trajectories is from the straight line between their ends:
///   deviation(t) = E || v(x_t, t) - (x_1 - x_0) ||^2 / E || x_1 - x_0 ||^2,   total = mean over t
/// of normalised chunks, so without a unit. 0: one Euler step is exact.
/// Source: X. Liu, C. Gong, Q. Liu, ICLR 2023 (arXiv 2209.03003), S(Z) of section 2.
struct straightness_curve {
  std::string method{};             ///< "base", "reflow", ...
  std::vector<double> time{};       ///< 0: noise, 1: data
  std::vector<double> deviation{};  ///< as many
  std::optional<double> total{};
};

/// Mean distance between the chunks of a solver and those of a tight reference.
struct solver_loss {
  std::string method{};    ///< whose flow
  std::string solver{};    ///< e.g. "euler", "dormand_prince"
  double evaluations = 0;  ///< of the network, mean per chunk; positive
  double error = 0;        ///< mean over steps of the Euclidean distance, action units
};

/// Diagnostics of the flows of a run.
struct flow_record {
  std::vector<straightness_curve> straightness{};
  std::vector<solver_loss> errors{};
};

/// Replaces `path` atomically, format "flowkit.flow". Throws file_error.
void write_flow_record(const std::string& path, const flow_record& record);

/// Reads it back. Throws file_error that names the file and the member.
[[nodiscard]] flow_record read_flow_record(const std::string& path);

}  // namespace flowkit::policy
