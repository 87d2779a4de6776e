// The loop around training steps: logging, checkpoints, stopping, and resuming bit for bit.
#pragma once

#include <flowkit/backend/device_scalar.hpp>
#include <flowkit/io/metrics.hpp>
#include <flowkit/io/progress.hpp>
#include <flowkit/train/checkpoint.hpp>
#include <flowkit/train/train_step.hpp>

#include <atomic>
#include <functional>
#include <optional>

namespace flowkit {

/// How far a run goes and what it leaves behind.
struct trainer_options {
  index_t steps = 0;               ///< at the end, counted from the beginning of the run
  index_t log_every = 100;         ///< steps
  index_t checkpoint_every = 0;    ///< steps; 0: only at the end
  std::string checkpoint = {};     ///< path; empty: none is written
  std::string configuration = {};  ///< kept in the checkpoint
};

/// The numbers of a stretch of steps.
struct training_log {
  index_t step = 0;          ///< steps taken
  double loss = 0;           ///< mean since the last log, or since the run was resumed
  double learning_rate = 0;  ///< of the last step
  std::optional<double> gradient_norm = std::nullopt;  ///< of the last step, if it is clipped
};

/// Who listens to a run. All are optional.
struct training_hooks {
  std::function<void(index_t steps)> on_step =
      {};  ///< called after every step, nothing is waited for
  std::function<void(const training_log&)> on_log = {};
  std::function<void(index_t steps)> on_checkpoint = {};  ///< after the file is complete
  metrics_sink* metrics = nullptr;
  progress_style display = progress_style::quiet;
  const std::atomic<bool>* stop = nullptr;  ///< see interrupt_guard
};

/// Why a run ended.
enum class training_end { finished, stopped };

namespace detail {
[[nodiscard]] bool file_exists(const std::string& path);
void validate(const trainer_options& options);
void publish(const training_log& log, const training_hooks& hooks, progress& display);
/// Returns the loss. Throws training_diverged if it is not finite.
double finite_loss(double loss, index_t step);
}  // namespace detail

/// Runs a train_step over the batches of a source. The key and the number of a step determine its
/// batch and its noise, so a run that was stopped and resumed ends with the same bits as one that
/// was not. Refers to what it is given. The loss is read, which synchronises, only for logs and
/// checkpoints.
template <class B, class Step, BatchSource<B> Source>
class trainer {
 public:
  /// Throws invalid_input for options that are no plan.
  trainer(B& be, const parameter_layout& layout, Step& step, Source& source, rng_key key,
          trainer_options options)
      : be_(&be),
        layout_(&layout),
        step_(&step),
        source_(&source),
        key_(key),
        options_(std::move(options)),
        total_loss_(be) {
    detail::validate(options_);
    clear_total();
  }

  /// Continues where the checkpoint stands, with its key, if the file exists; returns whether it
  /// does. Throws file_error, with nothing changed, if it cannot be trusted or is of another
  /// network.
  bool resume() {
    if (options_.checkpoint.empty() || !detail::file_exists(options_.checkpoint)) return false;
    const checkpoint_record record =
        load_checkpoint(*be_, options_.checkpoint, *layout_, step_->state());
    key_ = record.key;
    step_->resume_at(record.steps);
    saved_at_ = record.steps;
    clear_total();
    return true;
  }

  /// Steps taken; metrics of a resumed run begin at the step after that.
  [[nodiscard]] index_t steps() const { return step_->count(); }

  /// Trains until the steps are taken or a stop is requested, and leaves a checkpoint of that
  /// state. Throws training_diverged, or file_error if the checkpoint cannot be written.
  training_end run(const training_hooks& hooks = {}) {
    progress display(
        {.label = "train", .total = options_.steps, .done = steps(), .style = hooks.display});
    while (steps() < options_.steps) {
      if (hooks.stop != nullptr && hooks.stop->load(std::memory_order_relaxed)) {
        save(hooks);
        return training_end::stopped;
      }
      take_step();
      if (hooks.on_step) hooks.on_step(steps());
      display.update(steps());
      if (due(options_.log_every)) log(hooks, display);
      if (due(options_.checkpoint_every)) save(hooks);
    }
    if (summed_ > 0) log(hooks, display);
    save(hooks);
    display.finish();
    return training_end::finished;
  }

 private:
  [[nodiscard]] bool due(index_t interval) const { return interval > 0 && steps() % interval == 0; }

  void take_step() {
    const index_t number = steps();
    const auto batch = (*source_)(*be_, number, key_.split(0));
    const rng_key noise = key_.split(1).split(static_cast<std::uint64_t>(number));
    be_->for_each(fn::add_to{}, total_loss_.view(), (*step_)(batch, noise));
    ++summed_;
  }

  /// Mean loss since the last log. Synchronises.
  double mean_loss() {
    return detail::finite_loss(
        static_cast<double>(total_loss_.read()) / static_cast<double>(summed_), steps());
  }

  void clear_total() {
    be_->fill(total_loss_.view(), typename B::value_type(0));
    summed_ = 0;
  }

  void log(const training_hooks& hooks, progress& display) {
    detail::publish({steps(), mean_loss(), step_->learning_rate(), step_->gradient_norm()}, hooks,
                    display);
    clear_total();
  }

  /// Writes a checkpoint, unless the file already holds this state.
  void save(const training_hooks& hooks) {
    if (options_.checkpoint.empty() || saved_at_ == steps()) return;
    if (summed_ > 0) (void)mean_loss();
    save_checkpoint(*be_, options_.checkpoint, *layout_, step_->state(),
                    {steps(), key_, options_.configuration});
    saved_at_ = steps();
    if (hooks.on_checkpoint) hooks.on_checkpoint(steps());
  }

  B* be_;
  const parameter_layout* layout_;
  Step* step_;
  Source* source_;
  rng_key key_;
  trainer_options options_;
  device_scalar<B> total_loss_;
  index_t summed_ = 0;
  index_t saved_at_ = -1;
};

}  // namespace flowkit
