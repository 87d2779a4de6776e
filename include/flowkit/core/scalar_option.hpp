// Options in double, as the scalar of a backend holds them.
#pragma once

#include <flowkit/core/text.hpp>

#include <cmath>
#include <concepts>

namespace flowkit::detail {

/// An option that was given in double, in scalars T: what double holds may be 0 or infinite there.
/// Layers and schedules that know no backend test it where they meet one. As text it is both
/// numbers, where they differ: "1e-60 (0 in the backend's scalar)".
template <std::floating_point T>
struct scalar_option {
  double given;
  T held;

  constexpr explicit scalar_option(double option) : given(option), held(static_cast<T>(option)) {}

  [[nodiscard]] constexpr bool finite() const { return std::isfinite(held); }
  [[nodiscard]] constexpr bool positive() const { return finite() && held > 0; }
  /// One that is not 0 may still be so in T.
  [[nodiscard]] constexpr bool not_negative() const { return finite() && given >= 0; }

  friend std::string to_text(const scalar_option& option) {
    if (static_cast<double>(option.held) == option.given) return text(option.given);
    return text(option.given, " (", option.held, " in the backend's scalar)");
  }
};

}  // namespace flowkit::detail
