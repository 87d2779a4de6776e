// Gradient clipping by the norm of all gradients together.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/fn/optimizer.hpp>

namespace flowkit {

/// Writes `squared_norm` = |gradients|^2 and `factor` = min(1, limit / |gradients|) (Pascanu et al.
/// 2013). The gradients stay as they are: the factor is read by the optimiser's pass over them, and
/// never by the host. A gradient that is not finite stays so.
template <class B>
void clip_factor(B& be, const_view_of<B, 1> gradients, double limit, view_of<B, 0> squared_norm,
                 view_of<B, 0> factor) {
  using T = typename B::value_type;
  be.sum(fn::square{}, squared_norm, gradients);
  be.for_each(fn::clip_factor<T>{static_cast<T>(limit)}, factor, const_view_of<B, 0>(squared_norm));
}

}  // namespace flowkit
