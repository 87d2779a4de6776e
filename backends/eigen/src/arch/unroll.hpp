// Loops that the compiler must unroll, because each turn works on registers of its own.
#pragma once

#include <flowkit/core/platform.hpp>

#include <utility>

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// Calls f with 0, ..., N - 1 as compile-time constants.
template <index_t N, class F>
[[gnu::always_inline]] inline void unroll(F&& f) {
  [&]<index_t... I>(std::integer_sequence<index_t, I...>) {
    (f(std::integral_constant<index_t, I>{}), ...);
  }
  (std::make_integer_sequence<index_t, N>{});
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
