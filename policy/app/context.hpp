// What every subcommand gets: settings, the run directory, and where to write what it has to say.
#pragma once

#include <flowkit/io/progress.hpp>
#include <flowkit/policy/run/settings.hpp>

#include <atomic>

namespace flowkit::app {

/// A stop was asked for (Ctrl-C) and the work was left at a checkpoint.
class interrupted : public error {
 public:
  interrupted() : error("stopped at a checkpoint; the same command continues from there") {}
};

/// Writes what a call was asked for to standard output, at once. Throws file_error, e.g. on a full
/// disk: whoever reads it later must not take half of it for all.
void write_out(std::string_view words);

/// Options of a call, resolved.
struct context {
  policy::settings values;
  std::string command = {};                ///< the name of the subcommand
  std::string preset = {};                 ///< that was named; empty: none
  std::string folder;                      ///< the run directory
  std::vector<std::string> operands;       ///< what is no option
  std::vector<std::string> assigned = {};  ///< settings that --set named
  bool json = false;                       ///< the result is one JSON document on standard output
  bool quiet = false;                      ///< no progress and no remarks
  const std::atomic<bool>* stop = nullptr;

  /// Path below the run directory.
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return text(folder, "/", name);
  }
  [[nodiscard]] progress_style display() const {
    return quiet ? progress_style::quiet : progress_style::automatic;
  }
  /// A remark on standard error: what begins, what is skipped.
  void say(std::string_view line) const;
  /// The result on standard output: `document` with --json, else `lines`. Throws file_error.
  void answer(const json_value& document, std::string_view lines) const;
  /// Throws interrupted if a stop was asked for.
  void check_stop() const {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) throw interrupted();
  }
};

}  // namespace flowkit::app
