// Compiler differences, in one place: host/device annotation and the level of run-time checks.
#pragma once

#include <cstddef>
#include <cstdint>

/// Marks a function for host and device when a device compiler reads it, and nothing otherwise.
#if defined(__CUDACC__)
#define FLOWKIT_HD __host__ __device__
#else
#define FLOWKIT_HD
#endif

/// Level of run-time checks: 0 off, 1 preconditions, 2 also fills rewound scratch memory with NaN.
/// Set by the build (target flowkit::core carries it), so that library and user agree.
#ifndef FLOWKIT_CHECKS
#ifdef NDEBUG
#define FLOWKIT_CHECKS 0
#else
#define FLOWKIT_CHECKS 1
#endif
#endif

namespace flowkit {

/// Signed size and index type of the whole library: differences of sizes never wrap.
using index_t = std::int64_t;

/// Row numbers and neighbour indices as they lie in memory of a backend (4 bytes, up to 2^31 rows).
using row_t = std::int32_t;

}  // namespace flowkit
