// Progress of a long loop: a redrawn line on a terminal, plain lines in a log, or nothing.
#pragma once

#include <flowkit/core/platform.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace flowkit {

/// How progress is shown.
enum class progress_style {
  automatic,  ///< line on a terminal, plain lines elsewhere
  line,       ///< one line, redrawn in place
  plain,      ///< a new line now and then, without control characters
  quiet       ///< nothing
};

/// Settings of a progress display; clock and output can be replaced in tests.
struct progress_options {
  std::string label{};  ///< what is running, e.g. "train"
  std::string unit = "step";
  index_t total = 0;  ///< 0 if unknown: then neither percentage nor time left are shown
  index_t done = 0;   ///< where a resumed loop begins; not counted into the rate
  progress_style style = progress_style::automatic;
  double redraw_seconds = 0.1;                     ///< least time between two redraws of the line
  double plain_seconds = 10;                       ///< least time between two plain lines
  std::function<double()> clock{};                 ///< monotonic seconds; default: steady clock
  std::function<void(std::string_view)> output{};  ///< default: standard error
};

/// Shows how far a loop is, how fast it runs and when it will end.
///
/// A call that draws nothing costs one reading of the clock. The display is a courtesy: failures to
/// write are ignored. Not for use by several threads at once.
class progress {
 public:
  explicit progress(progress_options options);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  /// Ends an unfinished terminal line, so that a message after an exception begins on its own line.
  ~progress();

  /// Reports that `done` units are finished. `note` is shown at the end, e.g. "loss 0.031".
  void update(index_t done, std::string_view note = {});
  /// Shows the last state with the time that was needed. Later calls have no effect.
  void finish();

 private:
  void draw(double now, bool last);
  [[nodiscard]] std::string status(double now, bool last) const;

  progress_options options_;
  double start_;
  double drawn_at_;
  index_t done_;
  std::string note_;
  bool open_line_ = false;
  bool finished_ = false;
};

namespace detail {
/// "42s", "3m05s" or "2h07m".
[[nodiscard]] std::string duration_text(double seconds);
}  // namespace detail

}  // namespace flowkit
