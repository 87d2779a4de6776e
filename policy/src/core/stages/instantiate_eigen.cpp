// The stages of learning on the Eigen backend.
#include <flowkit/backends/eigen.hpp>

namespace flowkit::policy {
using stage_backend = eigen<float>;
}  // namespace flowkit::policy

#include "core/stages/instantiations.hpp"
