// Pairs that were generated before: the coupling of reflow and distillation.
#pragma once

#include <flowkit/coupling/concepts.hpp>

namespace flowkit {

/// Gives back the noise from which the data of a batch were generated (Liu et al. 2023). Refers to
/// the stored noise [n, d] of the current batch; a batch source that stores noise beside its data
/// (training_batch::x0) needs no coupling. Satisfies Coupling.
template <class B>
struct stored_coupling {
  const_view_of<B, 2> x0;

  void draw(B& be, const pair_batch<B>& batch, rng_key, workspace<B>&) const {
    FLOWKIT_VALIDATE(x0.shape() == batch.x0.shape(), "stored noise of shape ", x0.shape(),
                     " does not belong to data of shape ", batch.x0.shape(),
                     ": give the noise of the rows of this batch");
    be.copy(batch.x0, x0);
  }
};

}  // namespace flowkit
