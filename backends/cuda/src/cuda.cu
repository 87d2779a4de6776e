// All operations of the CUDA backend but those that take a functor.
#include "bodies.hpp"

#include <flowkit/backends/cuda_kernels.cuh>

namespace flowkit {

template class device_ops<cuda_device>;
template void device_passes<cuda_device>::iota(mutable_view<1>);

cuda::cuda(const cuda_options& options) : device_ops<cuda_device>(options) {}

}  // namespace flowkit
