// What a stage was made with, beside what the settings say now.
#pragma once

#include <flowkit/io/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace flowkit::app {

/// The options in the stage.json of a folder; nothing if it has none. Throws file_error if it
/// cannot be read.
[[nodiscard]] std::optional<json_value> noted_options(const std::string& folder);

/// What changed between the options that a stage noted and those of now, by the names of settings:
/// "train.steps was 60, is 9999"; empty if nothing did. Options that only one of them has are those
/// of another version or rule, and are left out. `stage` is the name of the folder.
[[nodiscard]] std::string changes_in(std::string_view stage, const json_value& was,
                                     const json_value& now);

}  // namespace flowkit::app
