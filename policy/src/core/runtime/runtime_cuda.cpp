// Acting on the CUDA backend, where that is built.
#if defined(FLOWKIT_HAS_CUDA)
#include <flowkit/backends/cuda.hpp>

namespace flowkit::policy::detail {
using runtime_backend = cuda;
}  // namespace flowkit::policy::detail

#include "core/runtime/body.hpp"
#endif
