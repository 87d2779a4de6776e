// Executable preconditions and postconditions: programming errors, checked in debug builds.
#pragma once

#include <flowkit/core/platform.hpp>

namespace flowkit::detail {
/// Prints file, line and the failed expression, then aborts.
[[noreturn]] void assertion_failed(const char* kind, const char* expression, const char* file,
                                   int line) noexcept;
}  // namespace flowkit::detail

#if FLOWKIT_CHECKS > 0 && !defined(__CUDA_ARCH__)
#define FLOWKIT_DETAIL_CHECK(kind, ...) \
  ((__VA_ARGS__) ? (void)0              \
                 : ::flowkit::detail::assertion_failed(kind, #__VA_ARGS__, __FILE__, __LINE__))
#else
#define FLOWKIT_DETAIL_CHECK(kind, ...) ((void)0)
#endif

/// What a function may expect from its caller (another part of the program, not a user).
#define FLOWKIT_EXPECT(...) FLOWKIT_DETAIL_CHECK("precondition", __VA_ARGS__)
/// What a function promises when it returns.
#define FLOWKIT_ENSURE(...) FLOWKIT_DETAIL_CHECK("postcondition", __VA_ARGS__)
