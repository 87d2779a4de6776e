// The settings of the stages of learning: sections policy, train, couple, align, distill.
#pragma once

#include <flowkit/policy/run/settings.hpp>

namespace flowkit::app {

/// Bound of numbers that have none.
inline constexpr double forever = 1e12;

/// Defaults are those of the library.
[[nodiscard]] std::vector<policy::setting_info> learning_table();

}  // namespace flowkit::app
