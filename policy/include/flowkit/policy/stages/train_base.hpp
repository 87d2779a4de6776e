// Stage 1: the base flow, which turns noise into the chunks that experts might do next.
#pragma once

#include <flowkit/policy/stages/data_selection.hpp>
#include <flowkit/policy/stages/fit_options.hpp>
#include <flowkit/policy/stages/stage.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>

namespace flowkit::policy {

/// Settings of train_base.
struct train_base_options {
  data_selection data = {};
  network_options network = network_preset("small");
  normalizer_options action = {};
  normalizer_options state = state_normalization();
  fit_options fit = {};
  inference_options inference = {.steps = 10};  ///< of the policy that is written
  std::uint64_t seed = 42;                      ///< of weights, batches, crops and noise
};

/// What train_base made.
struct train_base_result {
  stage_end end = stage_end::finished;
  std::string policy = {};  ///< path of the policy file
  fit_summary fit = {};
  index_t windows = 0;           ///< trained on
  index_t held_out_windows = 0;  ///< looked at for the held-out loss
};

/// Trains a policy by conditional flow matching on demonstrations (Liu et al. 2023; Chi et al.
/// 2023; SeFA's base flow, Xue et al. 2025): normalizers are fitted to the training episodes; x_t
/// and the velocity x1 - x0 are formed at t uniform on (epsilon, 1); encoder and velocity are
/// trained end to end with AdamW, frames under random crops. The held-out loss is the same error on
/// windows put aside, with noise and times that never change and central crops.
///
/// Writes into `folder` (created): policy.safetensors with raw and averaged weights, metrics.jsonl,
/// TensorBoard events, checkpoint.safetensors, stage.json; see stage_hooks about resuming. Throws
/// invalid_input for options that cannot be used and data that do not fit them, file_error,
/// training_diverged. Allocates. Synchronises.
template <NeuralBackend B>
train_base_result train_base(B& be, const demonstrations& data, const train_base_options& options,
                             const std::string& folder, const stage_hooks& hooks = {});

}  // namespace flowkit::policy
