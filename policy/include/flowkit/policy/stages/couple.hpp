// Stage 2: couplings, pairs of noise and the chunk that a flow makes of it at an observation.
#pragma once

#include <flowkit/policy/stages/couplings_file.hpp>
#include <flowkit/policy/stages/data_selection.hpp>
#include <flowkit/policy/stages/stage.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>

namespace flowkit::policy {

/// Settings of couple.
struct couple_options {
  data_part part = data_part::training;
  index_t noises = 10;  ///< per window
  index_t windows = 0;  ///< at most, spread evenly; 0: all of them
  /// The default tolerance costs a fifth of the evaluations of the published 1e-5, for an error far
  /// below the policy's own.
  inference_options solver = {.solver = inference_solver::dormand_prince, .tolerance = 1e-3};
  std::uint64_t seed = 43;  ///< of the noise
  index_t block = 1280;     ///< couplings that are integrated together, and lost if interrupted
};

/// What couple made.
struct couple_result {
  stage_end end = stage_end::finished;
  std::string couplings = {};  ///< path of the couplings file
  index_t size = 0;            ///< couplings
  index_t windows = 0;         ///< windows of the part, all of which are stored as experts
  index_t failed = 0;          ///< samples left out because their integration did not reach its end
  double evaluations = 0;      ///< of the network, mean per coupling
  double rate = 0;             ///< couplings per second of this call, encoding included
};

/// Integrates the flow of a policy from fresh noise at the windows of a data set (reflow, Liu et
/// al. 2023; SeFA's coupling generation). Conditions are encoded once per window, under central
/// crops; adaptive integration controls the step of every sample and retires those that are
/// finished. The noise of a coupling is a function of seed, window and its number there, so blocks
/// and other windows change no coupling.
///
/// `data` and `selection` must be those of training (checked by hash where the policy says so).
/// Where the data set holds an integer "mode" per episode (the way in which the task was done), it
/// is stored with every window. Writes couplings.safetensors and stage.json into `folder`; finished
/// blocks lie in parts/ until then. Progress counts windows. Throws invalid_input, file_error.
/// Allocates. Synchronises.
template <NeuralBackend B>
couple_result couple(B& be, const std::string& policy, const demonstrations& data,
                     const data_selection& selection, const couple_options& options,
                     const std::string& folder, const stage_hooks& hooks = {});

}  // namespace flowkit::policy
