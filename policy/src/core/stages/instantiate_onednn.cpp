// The stages of learning on the oneDNN backend, where that is built.
#if defined(FLOWKIT_HAS_ONEDNN)
#include <flowkit/backends/onednn.hpp>

namespace flowkit::policy {
using stage_backend = onednn;
}  // namespace flowkit::policy

#include "core/stages/instantiations.hpp"
#endif
