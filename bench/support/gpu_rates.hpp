// What one H200 can do at best: floors of figures on a GPU.
#pragma once

#include <flowkit/backend/precision.hpp>
#include <flowkit/core/space.hpp>

#include <concepts>

namespace flowkit::bench {

/// Whether a backend runs on a GPU.
template <class B>
inline constexpr bool on_gpu = !std::same_as<typename B::space, host_space>;

/// Bytes per second of the memory of an H200, from its data sheet. No floor for weights that stay
/// in its cache of 50 MB.
inline constexpr double gpu_bandwidth = 4.8e12;

/// Operations per second of matrix products on an H200, from its data sheet (dense operands).
constexpr double gpu_product_rate(precision math) {
  if (math == precision::bf16) return 989e12;
  return math == precision::tf32 ? 494e12 : 67e12;
}

/// Bytes that one weight takes where it is read at best.
constexpr double gpu_weight_bytes(precision math) { return math == precision::bf16 ? 2 : 4; }

}  // namespace flowkit::bench
