// Noise and data drawn independently of each other.
#pragma once

#include <flowkit/coupling/concepts.hpp>

namespace flowkit {

/// Row i of x0 is standard normal noise that knows nothing of row i of the data (Lipman et al.
/// 2023). Satisfies Coupling.
struct independent_coupling {
  template <class B>
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>&) const {
    FLOWKIT_VALIDATE(batch.x0.dense(), "noise of shape ", batch.x0.shape(), " with strides ",
                     batch.x0.strides(),
                     ": random numbers need rows that lie one after the other; use a tensor");
    be.normal(batch.x0, key);
  }
};

}  // namespace flowkit
