// run.json: what a run is about, and where it comes from.
#pragma once

#include <flowkit/core/platform.hpp>

#include <string>
#include <vector>

namespace flowkit::policy {

/// A line of a table for people.
struct named_text {
  std::string name;
  std::string value;
};

/// A number of the configuration that runs may be compared along, e.g. {"demonstrations", 50}.
struct named_number {
  std::string name;
  double value = 0;
};

/// How long a stage took; 0 if it was skipped because its inputs had not changed.
struct stage_time {
  std::string stage;
  double seconds = 0;
};

/// Description of a run. Every part may be empty.
struct run_info {
  std::string title{};  ///< empty: the name of the run directory
  std::string task{};
  std::string description{};  ///< a sentence or two about the task, for people
  std::string observation{};  ///< "state" or "images"
  std::string preset{};
  /// Label of the evaluation that the report is about, e.g. "sefa@1"; empty: chosen by the report,
  /// the cheapest of the last method.
  std::string primary{};
  std::vector<named_number> parameters{};
  std::vector<named_text> facts{};  ///< about the data: demonstrations, windows, expert success
  std::vector<named_text> provenance{};  ///< version, compiler, processor, threads, seeds, hashes
  std::vector<stage_time> stages{};      ///< in the order in which they ran
  /// Stages, and sweeps as "sweeps/<name>", that were made with other settings than the
  /// configuration says, and which.
  std::vector<named_text> differences{};
};

/// Replaces `path` atomically by
///   {"format": "flowkit.run", "version": 1, "title": ..., "parameters": {"demonstrations": 50},
///    "facts": {"windows": "5 000"}, "provenance": {...}, "stages": {"train": 93.4}, ...}
/// Names within a list are distinct; throws invalid_input otherwise.
void write_run_info(const std::string& path, const run_info& info);

/// Reads it back. Throws file_error that names the file and the member.
[[nodiscard]] run_info read_run_info(const std::string& path);

}  // namespace flowkit::policy
