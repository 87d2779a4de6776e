// The words of a command line as a context. The only place that knows Boost.Program_options.
#pragma once

#include <app/command.hpp>

namespace flowkit::app {

/// Reads the words after the name of the subcommand. Settings are taken from, in this order: the
/// table of defaults; the preset, or the config.toml of the run directory if no preset is named;
/// --config; --set; options. A task that they leave open is chosen. Throws invalid_input for what
/// cannot be used.
[[nodiscard]] context parse(const command& c, const std::vector<std::string>& words);

/// Text of `flowkit <command> --help`: all options with defaults and units.
[[nodiscard]] std::string help_of(const command& c);

/// The settings that are options of a command.
[[nodiscard]] std::vector<policy::setting_info> options_of(const command& c);

/// Option of a setting: "train.learning_rate" is --learning-rate.
[[nodiscard]] std::string option_name(std::string_view setting);

}  // namespace flowkit::app
