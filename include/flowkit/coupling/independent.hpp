// Noise and data drawn independently of each other.
#pragma once

#include <flowkit/coupling/concepts.hpp>

namespace flowkit {

/// Row i of x0 is standard normal noise that knows nothing of row i of the data (Lipman et al.
/// 2023). Satisfies Coupling.
struct independent_coupling {
  template <class B>
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>&) const {
    be.normal(batch.x0, key);
  }
};

}  // namespace flowkit
