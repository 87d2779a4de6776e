// A folder of results that knows what they were made from, so that nothing is made twice.
#pragma once

#include <flowkit/io/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// What determines the results of a stage.
struct result_key {
  std::string name;                           ///< "train", "couple", ...
  json_value options;                         ///< everything that changes a result
  std::map<std::string, std::string> inputs;  ///< path of each file or directory, by role
};

/// Results of some work, with the file stage.json once it is complete:
///   {"stage": ..., "version": ..., "options": {...}, "inputs": {role: {"path", "sha256"}},
///    "outputs": {name: sha256}, "summary": {...}}
/// While it is incomplete the same document without outputs lies in stage.partial.json, so a stage
/// that was killed is resumed if it is still the same, and begins anew if anything changed.
class result_folder {
 public:
  /// Hashes the inputs. Throws file_error if one is missing.
  result_folder(std::string path, result_key key);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Path of a file inside.
  [[nodiscard]] std::string operator/(std::string_view name) const;
  /// SHA-256 of each input, by role.
  [[nodiscard]] const std::map<std::string, std::string>& input_hashes() const { return hashes_; }

  /// Whether the folder holds complete results of this very key, and its outputs are as they were
  /// written.
  [[nodiscard]] bool up_to_date() const;
  /// Whether the folder holds complete results of any key.
  [[nodiscard]] bool complete() const;
  /// Why it is not up to date, for people: "never ran", "option 'steps' changed", ...
  [[nodiscard]] std::string reason() const;

  /// Prepares the folder: keeps an unfinished attempt of this key, removes other results. Returns
  /// whether there is something to resume. Throws file_error, also for a folder of foreign files.
  bool begin();
  /// Declares the stage complete with these outputs (names inside the folder; files or
  /// directories) and a summary for later readers. Throws file_error.
  void finish(const std::vector<std::string>& outputs, json_value summary = json_object{});

  /// The summary that `finish` wrote. Throws file_error if the stage is not complete.
  [[nodiscard]] json_value summary() const;

 private:
  [[nodiscard]] json_value document() const;
  [[nodiscard]] std::optional<json_value> recorded(std::string_view name) const;

  std::string path_;
  result_key key_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace flowkit::policy
