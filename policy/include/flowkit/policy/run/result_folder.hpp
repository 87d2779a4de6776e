// A folder of results that knows what they were made from, so that nothing is made twice.
#pragma once

#include <flowkit/io/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// What determines the results of some work.
struct result_key {
  std::string name = {};                           ///< "train_base", "couple", ...
  json_value options = json_object{};              ///< everything that changes a result
  std::map<std::string, std::string> inputs = {};  ///< path of each file or directory, by role
  std::map<std::string, std::string> hashes = {};  ///< of inputs that were hashed already, by role
  /// An integer option that says how much there is of a result: what was made with less of it and
  /// otherwise equal is a beginning of this one, not another. Empty: there is none.
  std::string extent = {};
  /// Results of other builds stay. For what is costly to lose, and known to later work by its
  /// contents: demonstrations.
  bool any_build = false;
};

/// Results of some work in a folder of their own, with the file stage.json once they are complete:
///   {"stage": ..., "build": ..., "options": {...}, "inputs": {role: sha256},
///    "outputs": {name: sha256}, "summary": ...}
/// While they are incomplete the same document without outputs lies in stage.partial.json, so work
/// that was killed is resumed if it is still the same, and begins anew if anything changed.
/// The build is library_build(): another one may compute other numbers.
class result_folder {
 public:
  /// Hashes the inputs; the folder itself need not exist. Throws file_error if an input is missing.
  result_folder(std::string path, result_key key);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Path of a file inside.
  [[nodiscard]] std::string operator/(std::string_view name) const;

  /// Whether the folder holds complete results of this very key, and its outputs are, by their
  /// hashes, those that were written.
  [[nodiscard]] bool up_to_date() const;
  /// The summary of such results, else nothing. Removes what a writer that was killed right after
  /// `finish` left beside them: the record of its attempt.
  [[nodiscard]] std::optional<json_value> finished() const;
  /// Whether the folder holds complete results of any key.
  [[nodiscard]] bool complete() const;
  /// Why it is not up to date, for people: "never ran", "option 'steps' changed", ...
  [[nodiscard]] std::string reason() const;
  /// Whether what is there is a beginning of these results: an unfinished attempt of this key, or
  /// an attempt or results of less of its extent.
  [[nodiscard]] bool resumable() const;

  /// Throws file_error that says why if the folder holds what `begin` would not replace: files
  /// without a record, or with one that cannot be read. Removes what
  /// killed writers left, and nothing else.
  void check_replaceable() const;
  /// Prepares the folder: keeps a beginning, removes other results and what killed writers left.
  /// Throws file_error, also where check_replaceable does.
  void begin() const;
  /// Declares the results complete with these outputs (names inside the folder; files or
  /// directories) and a summary for later readers. Throws file_error.
  void finish(const std::vector<std::string>& outputs, json_value summary = json_object{}) const;
  /// Removes a file or a folder inside; nothing happens if there is none. Throws file_error.
  void remove(std::string_view name) const;

  /// The summary that `finish` wrote. Throws file_error if there are no complete results.
  [[nodiscard]] json_value summary() const;

 private:
  [[nodiscard]] json_value document() const;
  [[nodiscard]] std::optional<json_value> recorded(std::string_view name) const;
  /// Which output is not what a record says, in words. Throws error if one is missing.
  [[nodiscard]] std::string damage(const json_value& record) const;
  [[nodiscard]] bool extends(const json_value& record) const;
  /// Removes the record of the attempt that complete results came of.
  void forget_attempt() const;
  /// What is wrong with the records that are there; empty if one of them can be read.
  [[nodiscard]] std::string unreadable() const;

  std::string path_;
  result_key key_;
};

}  // namespace flowkit::policy
