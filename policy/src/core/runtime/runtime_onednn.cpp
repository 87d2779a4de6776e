// Acting on the oneDNN backend, where that is built.
#if defined(FLOWKIT_HAS_ONEDNN)
#include <flowkit/backends/onednn.hpp>

namespace flowkit::policy::detail {
using runtime_backend = onednn;
}  // namespace flowkit::policy::detail

#include "core/runtime/body.hpp"
#endif
