// Training curves, from the metrics.jsonl that a training run leaves.
#pragma once

#include <string>
#include <vector>

namespace flowkit::policy {

/// One metric of one training stage over its steps.
struct training_curve {
  std::string stage{};   ///< name of the folder, e.g. "train"
  std::string metric{};  ///< e.g. "loss", "held_out_loss", "learning_rate"
  std::vector<double> steps{};
  std::vector<double> values{};  ///< as many; not finite where the run had diverged
};

/// All metrics of a file of json_lines_metrics, in order of appearance. An incomplete last line,
/// which a running or killed process leaves, is ignored. Throws file_error for other damage, for
/// more than 64 metrics and for files beyond 64 MB.
[[nodiscard]] std::vector<training_curve> read_training_curves(const std::string& path,
                                                               const std::string& stage);

/// The curve with at most `points` points: means over equally many consecutive ones. For drawing.
[[nodiscard]] training_curve thinned(const training_curve& curve, std::size_t points);

}  // namespace flowkit::policy
