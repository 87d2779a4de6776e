#include <flowkit/policy/stages/fit_options.hpp>

#include <cmath>

namespace flowkit::policy {

void validate(const fit_options& o) {
  FLOWKIT_VALIDATE(o.steps >= 1 && o.batch >= 1, "training of ", o.steps, " steps on batches of ",
                   o.batch, " is none: both must be positive");
  FLOWKIT_VALIDATE(std::isfinite(o.learning_rate) && o.learning_rate > 0, "a learning rate of ",
                   o.learning_rate, " does not train: give a positive one, such as 0.001");
  FLOWKIT_VALIDATE(o.warmup >= 0 && o.warmup < o.steps, "a warm-up of ", o.warmup,
                   " steps leaves nothing of ", o.steps, ": shorten it, or train longer");
  FLOWKIT_VALIDATE(o.log_every >= 1 && o.evaluate_every >= 1 && o.checkpoint_every >= 1 &&
                       o.held_out_windows >= 0,
                   "a log every ", o.log_every, ", a look at held-out data every ",
                   o.evaluate_every, ", a checkpoint every ", o.checkpoint_every, " steps and ",
                   o.held_out_windows, " held-out windows: counts of steps must be positive");
}

json_value json_of(const fit_options& o) {
  return json_object{{"steps", o.steps},
                     {"batch", o.batch},
                     {"learning_rate", o.learning_rate},
                     {"warmup", o.warmup},
                     {"clip_norm", o.clip_norm},
                     {"optimizer", json_object{{"beta1", o.optimizer.beta1},
                                               {"beta2", o.optimizer.beta2},
                                               {"epsilon", o.optimizer.epsilon},
                                               {"weight_decay", o.optimizer.weight_decay}}},
                     {"average", json_object{{"update_after_step", o.average.update_after_step},
                                             {"inverse_gamma", o.average.inverse_gamma},
                                             {"power", o.average.power},
                                             {"minimum", o.average.minimum},
                                             {"maximum", o.average.maximum}}},
                     {"log_every", o.log_every},
                     {"evaluate_every", o.evaluate_every},
                     {"checkpoint_every", o.checkpoint_every},
                     {"held_out_windows", o.held_out_windows},
                     {"keep", o.keep == kept_weights::best ? "best" : "last"}};
}

}  // namespace flowkit::policy
