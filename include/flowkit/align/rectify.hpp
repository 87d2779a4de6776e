// Generates the pairs of reflow: noise and where a trained flow takes it.
#pragma once

#include <flowkit/backend/draw.hpp>
#include <flowkit/solver/integrate.hpp>

namespace flowkit {

/// Noise and end points [n, d], one pair per row, and how each integration ended. Only a pair whose
/// status is reached_end may be learnt from; alignment refuses the others.
template <class B>
struct generated_pairs {
  tensor<B, 2> x0;
  tensor<B, 2> x1;
  integration_result result;  ///< sample i is pair i
};

/// Draws n noise rows of size d and follows the field from them over the steps of the grid, which
/// leads from noise to data: the coupling of rectified flow (Liu et al. 2023). Noise of pair i
/// depends on the key and i alone. Throws invalid_input for a grid that does not end at t = 1.
/// Allocates. Synchronises.
template <Backend B, Tableau M, class V, TimeGrid G>
  requires VelocityField<std::remove_reference_t<V>, B>
[[nodiscard]] generated_pairs<B> rectify(B& be, M method, V&& field, const extents<2>& shape,
                                         const G& grid, rng_key key, workspace<B>& ws) {
  FLOWKIT_VALIDATE(grid.end() == 1, "pairs over a grid that ends at ", grid.end(),
                   ": data lie at t = 1; use a grid from 0 to 1, such as sampler_grid");
  generated_pairs<B> pairs{draw_normal(be, shape, key), tensor<B, 2>(be, shape), {}};
  be.copy(pairs.x1.view(), std::as_const(pairs.x0).view());
  integrate(be, method, field, pairs.x1.view(), grid, ws, pairs.result);
  return pairs;
}

}  // namespace flowkit
