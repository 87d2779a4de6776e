// The training of a stage: trainer, average, held-out looks, the best weights, and resuming.
#pragma once

#include "core/stages/stage_files.hpp"

#include <flowkit/io/safetensors.hpp>
#include <flowkit/policy/stages/fit_options.hpp>
#include <flowkit/train/trainer.hpp>

namespace flowkit::policy::detail {

/// Metrics of a stage's folder and those of the caller, as one.
class stage_metrics final : public metrics_sink {
 public:
  stage_metrics(const std::string& folder, index_t resume_at, metrics_sink* other)
      : own_(open_run_metrics(folder, resume_at)), other_(other) {}

  void record(index_t step, std::string_view name, double value) override {
    own_->record(step, name, value);
    if (other_ != nullptr) other_->record(step, name, value);
  }
  void flush() override {
    own_->flush();
    if (other_ != nullptr) other_->flush();
  }

 private:
  std::unique_ptr<metrics_sink> own_;
  metrics_sink* other_;
};

inline constexpr std::string_view checkpoint_name = "checkpoint.safetensors";
inline constexpr std::string_view best_name = "best.safetensors";

/// The loss in the note of the best weights, if there are any. Without a checkpoint training begins
/// anew, and so does the search for the best; and training begins anew where that file is damaged.
[[nodiscard]] std::optional<double> best_loss(const result_folder& place);
/// The note that best weights carry.
[[nodiscard]] std::string best_note(double loss);
/// Removes what only an interrupted run needs. Of finished results, too: who was killed right after
/// the end left it.
void forget_checkpoints(const result_folder& place);

/// Trains a store on the batches of a source. Refers to what it is given.
template <class B, class Objective, class Source>
class fit_run {
 public:
  /// Loss of these weights, a flat tensor of the layout, on data put aside.
  using held_out_loss = std::function<double(const_view_of<B, 1>)>;

  /// `held_out` may be empty: then the last weights are kept, whatever the options say.
  fit_run(B& be, const parameter_layout& layout, parameter_store<B>& store, Objective& objective,
          Source& source, const fit_options& o, rng_key key, const result_folder& place,
          held_out_loss held_out)
      : be_(&be),
        layout_(&layout),
        store_(&store),
        options_(o),
        place_(&place),
        held_out_(std::move(held_out)),
        optimizer_(be, layout, o.optimizer),
        average_(be, store.values(), o.average),
        step_(be, objective, store, optimizer_, average_,
              {.learning_rate = warmup_cosine(o.learning_rate, o.warmup, o.steps),
               .clip_norm = o.clip_norm}),
        trainer_(be, layout, step_, source, key,
                 {.steps = o.steps,
                  .log_every = o.log_every,
                  .checkpoint_every = o.checkpoint_every,
                  .checkpoint = place / checkpoint_name}) {}
  fit_run(const fit_run&) = delete;
  fit_run& operator=(const fit_run&) = delete;

  /// Trains to the end, or until a stop is requested. Stops where a line of the log ends, so that
  /// the log of a resumed run equals that of one which was not. Afterwards store and average hold
  /// the weights to keep.
  stage_end operator()(const stage_hooks& hooks) {
    best_ = best_loss(*place_);
    (void)trainer_.resume();
    stage_metrics metrics(place_->path(), trainer_.steps() == 0 ? 0 : trainer_.steps() + 1,
                          hooks.metrics);
    std::atomic<bool> stop = false;
    training_hooks inner{.metrics = &metrics, .display = hooks.display, .stop = &stop};
    inner.on_step = [&](index_t steps) {
      if (due(steps, options_.evaluate_every)) evaluate(steps, metrics);
      if (hooks.on_progress) hooks.on_progress(steps, options_.steps);
      if (due(steps, options_.log_every)) stop = hooks.stop_requested();
    };
    stop = hooks.stop_requested();
    if (trainer_.run(inner) == training_end::stopped) return stage_end::stopped;
    keep();
    return stage_end::finished;
  }

  [[nodiscard]] const fit_summary& summary() const { return summary_; }
  [[nodiscard]] const_view_of<B, 1> average() const { return average_.values(); }

 private:
  [[nodiscard]] bool due(index_t steps, index_t every) const {
    return steps % every == 0 || steps == options_.steps;
  }
  [[nodiscard]] bool keeps_best() const { return options_.keep == kept_weights::best && held_out_; }
  [[nodiscard]] double loss_of_average() { return held_out_(average()); }

  void evaluate(index_t steps, metrics_sink& metrics) {
    if (!held_out_) return;
    const double loss = loss_of_average();
    metrics.record(steps, "held_out_loss", loss);
    if (!keeps_best() || (best_ && !(loss < *best_)) || !std::isfinite(loss)) return;
    // A killed run may find its own later best here: the same numbers would be written again.
    save_checkpoint(*be_, *place_ / best_name, *layout_, both(),
                    {steps, rng_key{}, best_note(loss)});
    best_ = loss;
  }

  /// Loads the weights to keep.
  void keep() {
    summary_ = {.steps = options_.steps, .kept_step = options_.steps};
    if (keeps_best()) {
      if (!best_) {
        throw training_diverged(
            "no held-out loss of the training was finite: lower the learning rate or clip "
            "gradients");
      }
      const checkpoint_record best = load_checkpoint(*be_, *place_ / best_name, *layout_, both());
      summary_.kept_step = best.steps;
    }
    if (held_out_) summary_.held_out_loss = loss_of_average();
  }

  std::vector<named_values<B>> both() {
    return {{"values", store_->values()}, {"average", average_.values()}};
  }

  B* be_;
  const parameter_layout* layout_;
  parameter_store<B>* store_;
  fit_options options_;
  const result_folder* place_;
  held_out_loss held_out_;
  adamw<B> optimizer_;
  moving_average<B> average_;
  train_step<B, Objective, adamw<B>> step_;
  trainer<B, train_step<B, Objective, adamw<B>>, Source> trainer_;
  std::optional<double> best_;
  fit_summary summary_;
};

}  // namespace flowkit::policy::detail
