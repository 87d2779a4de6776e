// Metrics of a run: JSON lines for programs, TensorBoard event files for people.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/io/file.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit {

/// Seconds since 1970. Injected where time enters a file, so that tests are deterministic.
using wall_clock = std::function<double()>;
/// The clock of the system.
[[nodiscard]] wall_clock system_wall_clock();

/// A place that numbers of a run go to. Steps are given in non-decreasing order.
class metrics_sink {
 public:
  virtual ~metrics_sink() = default;

  /// Notes one number. Implementations may hold it back until the step changes.
  virtual void record(index_t step, std::string_view name, double value) = 0;
  /// Hands everything recorded so far to the operating system. Throws file_error.
  virtual void flush() = 0;

 protected:
  metrics_sink() = default;
  metrics_sink(const metrics_sink&) = default;
  metrics_sink& operator=(const metrics_sink&) = default;
};

/// One line per step: {"step":100,"loss":0.25,"rate":0.001}. A name that is recorded again within a
/// step begins another line of that step. Non-finite values become the strings of to_json. Lines
/// hold no time, so equal runs give equal files.
///
/// An existing file is continued: what a killed process left incomplete at its end is removed, and
/// so is every line from step `resume_at` on (they will be recorded again). No other record is ever
/// removed. Lines are written whole.
class json_lines_metrics final : public metrics_sink {
 public:
  /// Throws file_error if the file cannot be written, is being written by another run, is not one
  /// of ours, or is damaged before its end so that records would be lost.
  explicit json_lines_metrics(const std::string& path,
                              std::optional<index_t> resume_at = std::nullopt);
  /// Flushes; a failure at this point is lost, so call flush() where it matters.
  ~json_lines_metrics() override;

  /// Throws invalid_input for the name "step", which is taken, for a step below the last one of the
  /// file, and for a line of more than 1,000,000 bytes, which could not be read again.
  void record(index_t step, std::string_view name, double value) override;
  void flush() override;

 private:
  std::string path_;
  detail::file_handle file_;
  std::string line_;  // of the step in progress, without the closing brace
  index_t step_ = 0;  // the last one, also of the lines that were there before
};

/// Scalars of a TensorBoard event file: TFRecord framing (length, masked CRC-32C) around `Event`
/// messages, written by hand; neither protobuf nor TensorFlow is involved.
///
/// Creates `events.out.tfevents.<seconds>.<process>` inside `directory` (created if missing). A
/// resumed run adds a file; a session record tells TensorBoard to hide older values from
/// `resume_at` on. TensorBoard keeps 32-bit values.
class tensorboard_metrics final : public metrics_sink {
 public:
  explicit tensorboard_metrics(const std::string& directory,
                               std::optional<index_t> resume_at = std::nullopt,
                               wall_clock clock = system_wall_clock());
  ~tensorboard_metrics() override;

  void record(index_t step, std::string_view name, double value) override;
  void flush() override;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void put(index_t step, std::string_view fields);

  wall_clock clock_;
  std::string path_;
  detail::file_handle file_;
  std::string pending_;
};

/// Several sinks as one.
class metrics_fan_out final : public metrics_sink {
 public:
  /// Takes the sink; `sink` is not null.
  void add(std::unique_ptr<metrics_sink> sink) { sinks_.push_back(std::move(sink)); }

  void record(index_t step, std::string_view name, double value) override {
    for (const auto& sink : sinks_) sink->record(step, name, value);
  }
  void flush() override {
    for (const auto& sink : sinks_) sink->flush();
  }

 private:
  std::vector<std::unique_ptr<metrics_sink>> sinks_;
};

/// The usual pair below a run directory: `metrics.jsonl` and an event file.
[[nodiscard]] std::unique_ptr<metrics_sink> open_run_metrics(
    const std::string& directory, std::optional<index_t> resume_at = std::nullopt);

namespace detail {
/// CRC-32C (Castagnoli), as TFRecord uses it.
[[nodiscard]] std::uint32_t crc32c(byte_view bytes) noexcept;
}  // namespace detail

}  // namespace flowkit
