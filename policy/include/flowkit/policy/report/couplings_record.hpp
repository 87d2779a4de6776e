// couplings.json: what generating couplings and aligning them with experts did.
#pragma once

#include <flowkit/policy/evaluation/modes.hpp>

#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// Distances to the expert chunk as a histogram of equal bins over [0, bin_end].
struct distance_histogram {
  std::vector<index_t> counts{};
  double bin_end = 0;
  double mean = 0;
  double median = 0;
  double p90 = 0;
};

/// A trajectory of one chunk, projected to the plane of the picture.
struct projected_chunk {
  std::vector<double> x{};
  std::vector<double> y{};  ///< as many as x
};

/// Couplings of one stage. Parts that are empty are left out of the report.
struct couplings_record {
  std::string alignment{};  ///< operator: "identity", "nearest", "selective", ...
  index_t pairs = 0;
  index_t replaced = 0;  ///< end points that became (or moved to) expert chunks
  index_t replaced_by_other_window = 0;
  index_t identical = 0;                     ///< kept: equal to the expert chunk already
  index_t no_expert_action = 0;              ///< kept: no expert chunk near enough in action
  index_t no_expert_feature = 0;             ///< kept: near in action, but not in observation
  index_t unfinished = 0;                    ///< left out: the solver did not reach the end
  distance_histogram before{};               ///< to the expert chunk, action units
  distance_histogram after{};                ///< over the same bins
  std::vector<index_t> pairs_by_phase{};     ///< by equal parts of the episode, first to last
  std::vector<index_t> replaced_by_phase{};  ///< as many
  mode_counts modes_before{};
  mode_counts modes_after{};
  std::optional<double> evaluations{};  ///< of the network, mean per pair
  std::optional<double> generate_seconds{};
  std::optional<double> align_seconds{};
  std::string x_label{};  ///< what the picture's axes are, with unit
  std::string y_label{};
  std::vector<projected_chunk> experts{};  ///< some dozens are enough
  std::vector<projected_chunk> generated{};
  std::vector<projected_chunk> aligned{};  ///< the same pairs after alignment, in equal order

  /// Share of the pairs whose end point was replaced; 0 without pairs.
  [[nodiscard]] double acceptance() const noexcept;
};

/// Replaces `path` atomically, format "flowkit.couplings". Throws file_error.
void write_couplings_record(const std::string& path, const couplings_record& record);

/// Reads it back: histograms with as many bins before as after, columns of equal length, no more
/// replacements than pairs. Throws file_error that names the file and the member.
[[nodiscard]] couplings_record read_couplings_record(const std::string& path);

}  // namespace flowkit::policy
