#include <flowkit/train/trainer.hpp>

#include <cmath>
#include <filesystem>
#include <system_error>

namespace flowkit::detail {

bool file_exists(const std::string& path) {
  std::error_code problem;
  const bool there = std::filesystem::exists(path, problem);
  if (problem) throw file_error(path, "cannot be inspected: " + problem.message());
  return there;
}

void validate(const trainer_options& options) {
  FLOWKIT_VALIDATE(options.steps >= 0 && options.log_every >= 0 && options.checkpoint_every >= 0,
                   "a run of ", options.steps, " steps with a log every ", options.log_every,
                   " and a checkpoint every ", options.checkpoint_every,
                   " steps is no plan: counts cannot be negative");
  FLOWKIT_VALIDATE(options.checkpoint_every == 0 || !options.checkpoint.empty(),
                   "a checkpoint every ", options.checkpoint_every,
                   " steps needs a file to write to; set trainer_options::checkpoint");
}

void publish(const training_log& log, const training_hooks& hooks, progress& display) {
  display.update(log.step, text("loss ", static_cast<float>(log.loss)));
  if (hooks.metrics != nullptr) {
    hooks.metrics->record(log.step, "loss", log.loss);
    hooks.metrics->record(log.step, "learning_rate", log.learning_rate);
    if (log.gradient_norm) hooks.metrics->record(log.step, "gradient_norm", *log.gradient_norm);
    hooks.metrics->flush();
  }
  if (hooks.on_log) hooks.on_log(log);
}

double finite_loss(double loss, index_t step) {
  if (std::isfinite(loss)) return loss;
  throw training_diverged(text("the loss is ", loss, " after ", step,
                               " steps: training diverged; lower the learning rate, warm up longer "
                               "or clip gradients, and continue from the last checkpoint"));
}

}  // namespace flowkit::detail
