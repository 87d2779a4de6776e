// How a stage trains: steps, optimiser, average, and which weights it keeps.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/train/ema.hpp>
#include <flowkit/train/optimizer.hpp>

#include <optional>

namespace flowkit::policy {

/// Which weights a training stage keeps.
enum class kept_weights : std::uint8_t {
  best,  ///< those whose average had the lowest held-out loss: noisy experts over-fit early
  last,
};

/// Settings of a training stage. The learning rate warms up linearly and falls with half a cosine;
/// the defaults suit some thousand steps of a small network (a rate of 1e-4 needs tens of them).
struct fit_options {
  index_t steps = 3000;
  index_t batch = 128;
  double learning_rate = 1e-3;
  index_t warmup = 100;  ///< steps
  double clip_norm = 1;  ///< of the gradient of all weights together; infinity: never
  adamw_options optimizer = {};
  ema_options average = {};
  index_t log_every = 20;
  index_t evaluate_every = 100;  ///< steps between two looks at the held-out loss
  index_t checkpoint_every =
      200;  ///< a multiple of log_every makes logs of resumed runs equal, too
  index_t held_out_windows = 512;  ///< at most, spread over those put aside; 0: none
  kept_weights keep = kept_weights::best;
};

/// Throws invalid_input for settings that are no plan. Training checks the rest.
void validate(const fit_options& o);
[[nodiscard]] json_value json_of(const fit_options& o);

/// What training came to.
struct fit_summary {
  index_t steps = 0;      ///< taken
  index_t kept_step = 0;  ///< of the weights that were kept
  std::optional<double> held_out_loss =
      std::nullopt;  ///< of their average; nothing put aside: none
};

}  // namespace flowkit::policy
