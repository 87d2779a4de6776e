// Generates the pairs of reflow: noise and where a trained flow takes it.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/solver/integrate.hpp>

namespace flowkit {

/// Noise and end points [n, d], one pair per row.
template <class B>
struct generated_pairs {
  tensor<B, 2> x0;
  tensor<B, 2> x1;
};

/// Draws n noise rows of size d and integrates the field from them to time 1: the coupling of
/// rectified flow (Liu et al. 2023). Noise of pair i depends on the key and i alone. Allocates.
template <Backend B, Tableau M, class V, TimeGrid G>
  requires VelocityField<std::remove_reference_t<V>, B>
[[nodiscard]] generated_pairs<B> rectify(B& be, M method, V&& field, const extents<2>& shape,
                                         const G& grid, rng_key key, workspace<B>& ws) {
  generated_pairs<B> pairs{tensor<B, 2>(be, shape), tensor<B, 2>(be, shape)};
  be.normal(pairs.x0.view(), key);
  be.copy(pairs.x1.view(), std::as_const(pairs.x0).view());
  integrate(be, method, field, pairs.x1.view(), grid, ws);
  return pairs;
}

}  // namespace flowkit
