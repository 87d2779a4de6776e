// The folder of a stage: its name by contents, the note that it is complete, and its files.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/stages/stage.hpp>

#include <initializer_list>
#include <optional>
#include <string>

namespace flowkit::policy::detail {

/// Options and inputs determine a stage's result, so their hash names it: what lies in the folder
/// under that name may be used, anything else is of other options.
class stage_folder {
 public:
  /// Creates the folder if it is missing. `plan` holds options and hashes of inputs; the version of
  /// the library is added. Throws file_error.
  stage_folder(std::string path, std::string_view stage, const json_value& plan);

  /// Path of a file inside.
  [[nodiscard]] std::string operator/(std::string_view name) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Hash of the plan.
  [[nodiscard]] const std::string& id() const { return id_; }

  /// The result of an earlier call with this plan whose output files still exist.
  [[nodiscard]] std::optional<json_value> finished(
      std::initializer_list<std::string_view> outputs) const;
  /// Takes back the note of another plan: its outputs will be replaced, and a call killed meanwhile
  /// must not leave that note beside them. Throws file_error.
  void begin() const;
  /// Notes that all outputs are complete.
  void finish(const json_value& result) const;
  /// Removes a file or a folder inside; nothing happens if there is none. Throws file_error.
  void remove(std::string_view name) const;

 private:
  std::string path_;
  json_value plan_;
  std::string id_;
};

/// Whether there is a file of that name.
[[nodiscard]] bool exists(const std::string& path);
/// Creates a folder with those above it. Throws file_error.
void create_folder(const std::string& path);
/// SHA-256 of a text.
[[nodiscard]] std::string hash_of(std::string_view text);

}  // namespace flowkit::policy::detail
