// Every setting of a run, with default, unit and help, and the presets.
#pragma once

#include <flowkit/policy/run/settings.hpp>

namespace flowkit::app {

[[nodiscard]] std::vector<policy::setting_info> setting_table();

/// Bound of the setting "seed".
inline constexpr index_t largest_seed = 999;

/// Sets everything that a preset says, on top of the defaults. Throws invalid_input for an unknown
/// name.
void apply_preset(policy::settings& values, std::string_view name);

/// "quick, standard, paper".
[[nodiscard]] std::string preset_names();

}  // namespace flowkit::app
