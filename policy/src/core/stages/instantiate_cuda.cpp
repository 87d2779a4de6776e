// The stages of learning on the CUDA backend, where that is built.
#if defined(FLOWKIT_HAS_CUDA)
#include <flowkit/backends/cuda.hpp>

namespace flowkit::policy {
using stage_backend = cuda;
}  // namespace flowkit::policy

#include "core/stages/instantiations.hpp"
#endif
