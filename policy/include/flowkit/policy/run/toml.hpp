// Configuration files: a small, strict part of TOML.
#pragma once

#include <flowkit/io/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// One line `key = value` of a configuration.
struct toml_entry {
  std::string key;   ///< with its section: "train.steps"
  json_value value;  ///< boolean, integer, number or string
  index_t line = 0;  ///< from 1, for messages
};

/// Reads the part of TOML 1.0 that configurations need; every file it accepts means the same to
/// any TOML reader. Per line: a comment `# ...`, a section `[name]`, or `key = value`, where names
/// are letters, digits, '_' and '-', and a value is
///   true, false · 12, -3, 1_000 · 0.5, 1e-3, inf, nan · "text with \" \\ \n \t" · 'text as it is'
/// Arrays, tables in braces, dotted keys and dates are refused, and so are keys and sections that
/// occur twice. At most 1 MB. Throws invalid_input that names the line.
[[nodiscard]] std::vector<toml_entry> parse_toml(std::string_view text);

/// The same from a file. Throws file_error that names file and line.
[[nodiscard]] std::vector<toml_entry> read_toml(const std::string& path);

/// A value as parse_toml reads it back: integers and numbers stay what they are. Throws
/// invalid_input for null, arrays and objects.
[[nodiscard]] std::string to_toml(const json_value& value);

}  // namespace flowkit::policy
