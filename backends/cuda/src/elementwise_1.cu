// The library's functors of elementwise passes, part 2 of 2.
#include "functors.hpp"

#include <flowkit/backends/cuda_kernels.cuh>

namespace flowkit {

/// Keeps the kernels alive; never called for its value.
std::size_t cuda_elementwise_functors_1() {
  return detail::instantiate_elementwise_part<cuda_device, 1, 2>(fn::elementwise_kernels<float>{});
}

}  // namespace flowkit
