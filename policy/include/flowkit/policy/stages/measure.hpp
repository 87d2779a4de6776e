// Measures on windows that were put aside: distance to the expert, spread, straightness, error.
#pragma once

#include <flowkit/policy/stages/data_selection.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>

#include <optional>

namespace flowkit::policy {

/// Which windows are looked at, and with which noise.
struct measure_options {
  data_selection data = {};  ///< as in training
  data_part part = data_part::validation;
  index_t windows = 512;  ///< at most, spread evenly
  index_t noises = 4;     ///< per window
  std::uint64_t seed = 7;
  std::string expert = {};  ///< action field to compare with, such as actions without noise; empty:
                            ///< that of `data`
};

/// Distances of chunks: means over the steps of the Euclidean distance of two actions, in physical
/// units.
struct chunk_distance {
  inference_options inference = {};
  index_t windows = 0;
  double mean = 0;                     ///< to the expert's chunk, over windows and noises
  double executed = 0;                 ///< the same over the steps that are executed
  double spread = 0;                   ///< between chunks of one window and the mean of its chunks
  double evaluations = 0;              ///< of the network per chunk
  std::vector<double> by_window = {};  ///< `mean` of every window, for paired comparisons
  std::vector<index_t> episode = {};   ///< of every window
  std::vector<index_t> offset = {};    ///< step of its episode that is the present of the window
};
[[nodiscard]] json_value json_of(const chunk_distance& d);

/// Distance of a policy's chunks to the experts' at held-out windows. `inference`: nothing for the
/// policy's own setting. Equal options look at equal windows and noise, whatever the policy. Throws
/// invalid_input, file_error. Allocates. Synchronises.
template <NeuralBackend B>
chunk_distance expert_distance(B& be, const visuomotor_policy<B>& policy,
                               const demonstrations& data, const measure_options& options,
                               const std::optional<inference_options>& inference = std::nullopt);

/// How straight the paths of a flow are (Liu et al. 2023): with x_t the path from z0 to z1,
///   curvature = mean over t of |z1 - z0 - dx_t/dt|^2 / mean of |z1 - z0|^2,  normalised units.
/// 0: straight, one Euler step is exact.
struct flow_straightness {
  index_t samples = 0;
  double curvature = 0;
  std::vector<double> by_time = {};  ///< before the mean over t, on equal steps
};
[[nodiscard]] json_value json_of(const flow_straightness& s);

/// Follows the flow with `steps` Euler steps at held-out windows.
template <NeuralBackend B>
flow_straightness straightness(B& be, const visuomotor_policy<B>& policy,
                               const demonstrations& data, const measure_options& options,
                               index_t steps = 50);

/// What a cheaper solver costs in accuracy.
struct solver_error {
  inference_options inference = {};
  double evaluations = 0;  ///< per chunk
  double mean = 0;         ///< distance to the tight solution from the same noise, physical units
  double largest = 0;
};
[[nodiscard]] json_value json_of(const solver_error& e);

/// Error of every setting against a solution to the tolerance 1e-6, at held-out windows; both with
/// the weights that the setting names.
template <NeuralBackend B>
std::vector<solver_error> solver_errors(B& be, const visuomotor_policy<B>& policy,
                                        const demonstrations& data, const measure_options& options,
                                        std::span<const inference_options> settings);
/// Euler with 1, 2, 4, 10, 20, 50 and 100 steps, and the adaptive solver at 1e-2, 1e-3, 1e-4.
[[nodiscard]] std::vector<inference_options> usual_solvers();

}  // namespace flowkit::policy
