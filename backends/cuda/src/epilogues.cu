// Group normalisation with the epilogues of the library.
#include "bodies.hpp"
#include "functors.hpp"

#include <flowkit/backends/cuda_kernels.cuh>

namespace flowkit {

/// Keeps the kernels alive; never called for its value.
auto cuda_epilogues() { return detail::instantiate_epilogues<cuda_device>(fn::epilogues{}); }

}  // namespace flowkit
