// Stage 4: the one-step student, and reflow: a velocity is trained on stored couplings.
#pragma once

#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>
#include <flowkit/policy/stages/fit_options.hpp>
#include <flowkit/policy/stages/stage.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>

namespace flowkit::policy {

/// At which times the velocity is trained.
enum class distill_times : std::uint8_t {
  epsilon,  ///< at the first time alone: z0 + v(z0, epsilon) becomes the end point in one step
  uniform,  ///< at all times: a straighter flow, to couple again (round one of two)
};

/// The files that distill reads.
struct distill_inputs {
  std::string policy = {};  ///< that the couplings were generated with; training starts from it
  std::string couplings = {};
  std::string aligned = {};   ///< end points; empty: as generated (reflow)
  std::string held_out = {};  ///< couplings of the validation part, for the held-out loss
};

/// Settings of distill.
struct distill_options {
  std::string method = "sefa";  ///< name in the policy file
  distill_times times = distill_times::epsilon;
  fit_options fit = {.keep = kept_weights::last};
  weight_set start = weight_set::average;  ///< weights of the policy that training starts from
  inference_options inference = {};        ///< of the policy that is written: one Euler step
  std::uint64_t seed = 44;
};

/// What distill made.
struct distill_result {
  stage_end end = stage_end::finished;
  std::string policy = {};  ///< path of the policy file
  fit_summary fit = {};
};

/// Share of the couplings that alignment had replaced when a student learnt from them: 0 for one of
/// couplings as generated, nothing for a policy without couplings. Written into the policy file by
/// distill, so that it belongs to the policy whatever was aligned since.
[[nodiscard]] std::optional<double> acceptance_of(const policy_manifest& m);

/// Regresses the displacement of couplings,
///   loss = mean of (v(x_t, t, c) - (z1 - z0))^2,   x_t = (1 - t) z0 + t z1,
/// with t = epsilon (SeFA, Xue et al. 2025; "k = 1" of Liu et al. 2023) or uniform on (epsilon, 1).
/// Conditions are the stored ones and the encoder is frozen: both weight sets of the new policy
/// hold the encoder that computed them. Optimiser and average begin anew. Epsilon and the time
/// scale are those of the policy. The held-out loss is the same error on `held_out`, against end
/// points as the flow generated them.
///
/// Writes policy.safetensors with hashes of all inputs, thresholds and acceptance of the alignment,
/// metrics, events, checkpoint and stage.json into `folder`. Throws invalid_input for files that do
/// not belong together, file_error, training_diverged. Allocates. Synchronises.
template <NeuralBackend B>
distill_result distill(B& be, const distill_inputs& inputs, const distill_options& options,
                       const std::string& folder, const stage_hooks& hooks = {});

}  // namespace flowkit::policy
