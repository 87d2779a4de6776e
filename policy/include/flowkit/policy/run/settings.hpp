// Typed settings by name: defaults, units and bounds in one table, values from files and options.
#pragma once

#include <flowkit/policy/run/toml.hpp>

#include <limits>
#include <span>

namespace flowkit::policy {

/// A setting that exists. Its kind is that of the default value.
struct setting_info {
  std::string name;    ///< with its section: "train.steps"
  json_value initial;  ///< boolean, integer, number or string
  std::string unit;    ///< "steps", "seconds", ...; empty for pure numbers
  std::string help;    ///< one sentence
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};  ///< of a text; empty: any
};

/// Values for all settings of a table. Strict: a name that is not in the table, a value of another
/// kind or out of bounds is an error that says what would be accepted.
class settings {
 public:
  /// All at their defaults. Throws invalid_input for a table with equal names, or with defaults
  /// that it would not accept.
  explicit settings(std::vector<setting_info> table);

  /// Sets one value; an integer is accepted where a number is wanted, and 1e5 where an integer is.
  /// Throws invalid_input.
  void set(std::string_view name, json_value value);
  /// The same from the text of an option: the kind of the setting decides how it is read, and a
  /// text needs no quotes. Throws invalid_input.
  void set_text(std::string_view name, std::string_view value);
  /// Sets all entries of a configuration file and returns the names of the settings of which it
  /// says nothing. Throws file_error that names the line.
  std::vector<std::string> read(const std::string& path);

  [[nodiscard]] bool boolean(std::string_view name) const { return value(name).as_bool(); }
  [[nodiscard]] index_t integer(std::string_view name) const { return value(name).as_integer(); }
  [[nodiscard]] double number(std::string_view name) const { return value(name).as_number(); }
  [[nodiscard]] const std::string& string(std::string_view name) const {
    return value(name).as_string();
  }
  [[nodiscard]] const json_value& value(std::string_view name) const;

  /// The settings of one section without its name, in the order of the table: {"steps": 300, ...}.
  [[nodiscard]] json_value section(std::string_view name) const;
  [[nodiscard]] const std::vector<setting_info>& table() const { return table_; }
  /// A configuration file with every setting, its unit and help; reading it gives these values.
  [[nodiscard]] std::string to_toml() const;

 private:
  [[nodiscard]] std::size_t find(std::string_view name) const;

  std::vector<setting_info> table_;
  std::vector<json_value> values_;
};

/// The candidate with the fewest insertions, deletions and exchanges away from `word`, if that is
/// less than half of its length; else nothing.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       std::span<const std::string> candidates);

/// "; did you mean 'steps'?", or nothing: the end of a message about an unknown word.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string> candidates);

}  // namespace flowkit::policy
