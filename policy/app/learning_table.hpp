// The settings of the stages of learning: sections policy, train, couple, align, distill.
#pragma once

#include <flowkit/policy/run/settings.hpp>

namespace flowkit::app {

/// Defaults are those of the library.
[[nodiscard]] std::vector<policy::setting_info> learning_table();

}  // namespace flowkit::app
