// New tensors of random numbers, for programs; algorithms draw into memory that they hold.
#pragma once

#include <flowkit/backend/concepts.hpp>

namespace flowkit {

/// A new matrix of standard normal numbers: the noise that flows start from, one sample per row.
/// The same key gives the same noise on every backend, and row i does not depend on the number of
/// rows. Allocates.
template <Backend B>
[[nodiscard]] tensor<B, 2> draw_normal(B& be, const extents<2>& shape, rng_key key) {
  tensor<B, 2> x(be, shape);
  be.normal(x.view(), key);
  return x;
}

}  // namespace flowkit
