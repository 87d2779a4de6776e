// What measures compute on the host, whatever the backend.
#pragma once

#include <flowkit/align/neighbourhood.hpp>
#include <flowkit/policy/stages/measure.hpp>

namespace flowkit::policy::detail {

/// Mean over the steps first .. last - 1 of the distance between two chunks' actions. Infinity as
/// soon as it is known to be above `limit`.
[[nodiscard]] double step_distance(const float* a, const float* b, index_t width, index_t first,
                                   index_t last, double limit = no_limit);

/// Throws invalid_input unless the policy can act at these windows and there are some.
void validate_measure(const policy_manifest& m, const demonstrations& data,
                      const measure_options& o, index_t windows);

/// Chunks of experts [rows, d] in physical units.
[[nodiscard]] std::vector<float> expert_chunks(const demonstrations& data, const measure_options& o,
                                               const window_index& index,
                                               std::span<const row_t> rows);
/// Distances of `noises` chunks per window to the window's expert chunk. Throws invalid_input for
/// chunks that are not finite.
void fill_distances(chunk_distance& d, const spec& s, std::span<const float> experts,
                    std::span<const float> chunks, index_t noises);
void fill_error(solver_error& e, const spec& s, std::span<const float> tight,
                std::span<const float> chunks);
/// The setting that others are compared with.
[[nodiscard]] inference_options tight_solver(const inference_options& s);

/// Sums for flow_straightness over paths of equal steps.
class chunk_path {
 public:
  /// Throws invalid_input for less than two steps.
  explicit chunk_path(index_t steps);

  /// Adds all rows of a batch; `points` are its states at the steps + 1 grid points.
  void add(const std::vector<std::vector<float>>& points);
  [[nodiscard]] flow_straightness result(index_t samples) const;

 private:
  index_t steps_;
  std::vector<double> deviation_;  // by step: sum of |z1 - z0 - dx/dt|^2
  double length_ = 0;              // sum of |z1 - z0|^2
};

}  // namespace flowkit::policy::detail
