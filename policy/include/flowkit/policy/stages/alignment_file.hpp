// What an alignment did, and the end points it left, as a file beside the couplings.
#pragma once

#include <flowkit/align/couplings.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/safetensors.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flowkit::policy {

/// How pairs divide among the modes (ways of doing the task) that a data set records per episode,
/// in numbers of pairs. An end point has the mode of the expert chunk nearest to it among the
/// windows whose observations are nearest to its own; pairs without such a window are not counted.
struct mode_balance {
  std::vector<std::int32_t> mode = {};  ///< numbers of the modes, ascending
  std::vector<index_t> experts = {};    ///< whose own window has the mode
  std::vector<index_t> before = {};     ///< whose generated end point has it
  std::vector<index_t> after = {};      ///< whose aligned end point has it
  index_t switched = 0;                 ///< that alignment moved to another mode
  index_t counted = 0;                  ///< all of them: the sum of each column

  [[nodiscard]] double share(index_t pairs) const {
    return counted == 0 ? 0 : static_cast<double>(pairs) / static_cast<double>(counted);
  }
};

/// An alignment in numbers. Distances are means over the steps of the Euclidean distance between
/// two chunks' actions in physical units, from an end point to the chunk of its own window.
struct alignment_summary {
  std::string rule = {};  ///< name of the operator
  json_value settings = {};
  index_t pairs = 0;
  index_t replaced = 0;
  index_t replaced_by_other_window = 0;
  std::array<index_t, 4> by_reason{};  ///< in the order of alignment_reason
  distance_summary before = {};
  distance_summary after = {};
  std::array<index_t, 4> pairs_by_phase{};  ///< by quarter of the episode
  std::array<index_t, 4> replaced_by_phase{};
  std::optional<mode_balance> modes = {};  ///< nothing if the data set records none

  [[nodiscard]] double acceptance() const {
    return pairs == 0 ? 0 : static_cast<double>(replaced) / static_cast<double>(pairs);
  }
};
[[nodiscard]] json_value json_of(const alignment_summary& summary);
/// Throws invalid_input that names the field.
[[nodiscard]] alignment_summary summary_from_json(const json_value& json);
/// Some lines for a terminal.
[[nodiscard]] std::string to_text(const alignment_summary& summary);

/// Aligned end points, row by row those of a couplings file. Memory-mapped; the file is not
/// trusted.
class alignment_file {
 public:
  /// Throws file_error that names file and field.
  explicit alignment_file(const std::string& path);

  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  /// SHA-256 of the couplings file.
  [[nodiscard]] const std::string& couplings() const noexcept { return couplings_; }
  /// Name and settings of the operator, {"rule": ..., ...}.
  [[nodiscard]] const json_value& rule() const noexcept { return rule_; }
  [[nodiscard]] std::span<const float> end_points() const noexcept {
    return end_points_;
  }  ///< [n, d]
  /// Reason of each pair (alignment_reason), and the expert window considered last; -1: none.
  [[nodiscard]] std::span<const std::uint8_t> reason() const noexcept { return reason_; }
  [[nodiscard]] std::span<const std::int32_t> window() const noexcept { return window_; }

 private:
  safetensors_file file_;
  std::string couplings_;
  json_value rule_;
  std::span<const float> end_points_;
  std::span<const std::uint8_t> reason_;
  std::span<const std::int32_t> window_;
};

}  // namespace flowkit::policy
