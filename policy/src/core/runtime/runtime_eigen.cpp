// Acting on the Eigen backend.
#include <flowkit/backends/eigen.hpp>

namespace flowkit::policy::detail {
using runtime_backend = eigen<float>;
}  // namespace flowkit::policy::detail

#include "core/runtime/body.hpp"
