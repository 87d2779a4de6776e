// What all stages of learning share: how they end, who listens, and what they leave in their
// folder.
#pragma once

#include <flowkit/io/metrics.hpp>
#include <flowkit/io/progress.hpp>

#include <atomic>
#include <functional>
#include <string_view>

namespace flowkit::policy {

/// How a call of a stage ended.
enum class stage_end : std::uint8_t {
  finished,   ///< its files are complete
  stopped,    ///< on request; calling it again continues where it stopped
  unchanged,  ///< its files were there already, made from equal inputs with equal options
};
[[nodiscard]] std::string_view to_text(stage_end end);

/// Who listens to a stage. All are optional.
///
/// A stage owns a folder. It writes its results there atomically, `stage.json` last: options,
/// hashes of the inputs, and the numbers of its result. A call whose options and inputs are those
/// of `stage.json` returns at once; otherwise a call continues what a stopped or killed call with
/// equal options and inputs left, and anything else is begun anew. However often it was
/// interrupted, the result is the same bit for bit for equal inputs, options, and number of
/// threads.
struct stage_hooks {
  progress_style display = progress_style::quiet;
  const std::atomic<bool>* stop = nullptr;  ///< see interrupt_guard
  metrics_sink* metrics = nullptr;          ///< besides the files that training stages write
  std::function<void(index_t done, index_t total)> on_progress = {};  ///< in units of the stage
  /// Options and inputs are accepted and there is work to do; nothing has changed yet.
  std::function<void()> on_begin = {};
  /// Of learn, after each of its stages: the name of its folder, how it ended, how long it took.
  std::function<void(std::string_view stage, stage_end end, double seconds)> on_stage = {};

  void begins() const {
    if (on_begin) on_begin();
  }
  [[nodiscard]] bool stop_requested() const {
    return stop != nullptr && stop->load(std::memory_order_relaxed);
  }
};

}  // namespace flowkit::policy
