// The library's functors of sums.
#include "functors.hpp"

#include <flowkit/backends/cuda_kernels.cuh>

namespace flowkit {

/// Keeps the kernels alive; never called for its value.
std::size_t cuda_reduction_functors() {
  return detail::instantiate_reductions<cuda_device>(fn::reduction_kernels<float>{});
}

}  // namespace flowkit
