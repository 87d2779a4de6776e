#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/manifest.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view complete_name = "stage.json";
constexpr std::string_view partial_name = "stage.partial.json";
constexpr std::string_view identity[] = {"stage", "build", "options", "inputs"};

/// First member of two documents that differs, in words; empty if none does.
std::string difference(const json_value& was, const json_value& is) {
  for (const std::string_view part : identity) {
    const json_value* before = was.find(part);
    const json_value& now = is.at(part);
    if (before == nullptr || before->kind() != now.kind()) return text(part, " changed");
    if (!now.is_object()) {
      if (to_json(*before) != to_json(now)) return text(part, " changed");
      continue;
    }
    for (const json_member& m : now.as_object()) {
      const json_value* const other = before->find(m.name);
      if (other == nullptr || to_json(*other) != to_json(m.value)) {
        return text(part == "inputs" ? "input '" : "option '", m.name, "' changed");
      }
    }
    if (before->as_object().size() != now.as_object().size()) return text(part, " changed");
  }
  return {};
}

json_value hash_object(const std::map<std::string, std::string>& hashes) {
  json_value out(json_object{});
  for (const auto& [role, hash] : hashes) out.set(role, hash);
  return out;
}

/// What lies in a folder, but for its records.
std::vector<fs::path> contents_of(const std::string& path) {
  std::error_code failure;
  std::vector<fs::path> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, failure)) {
    const fs::path name = entry.path().filename();
    if (name != complete_name && name != partial_name) out.push_back(entry.path());
  }
  if (failure) throw file_error(path, "cannot prepare the folder: " + failure.message());
  return out;
}

void remove_all(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    std::error_code failure;
    fs::remove_all(path, failure);
    if (failure) throw file_error(path.string(), "cannot be removed: " + failure.message());
  }
}

/// Hash of a file, or of all files below a directory with their names, temporary ones left out.
std::string sha256_of_path(const std::string& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return sha256_of_file(path);
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, failure)) {
    const bool temporary = entry.path().extension() == ".tmp";
    if (entry.is_regular_file(failure) && !temporary) {
      names.push_back(fs::relative(entry.path(), path).generic_string());
    }
  }
  if (failure) throw file_error(path, "cannot list the directory: " + failure.message());
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& name : names) {
    list += text(name, '\0', sha256_of_file(text(path, "/", name)), '\n');
  }
  return sha256_of(flowkit::detail::bytes_of(list));
}

}  // namespace

result_folder::result_folder(std::string path, result_key key)
    : path_(std::move(path)), key_(std::move(key)) {
  for (const auto& [role, input] : key_.inputs) key_.hashes[role] = sha256_of_path(input);
}

std::string result_folder::operator/(std::string_view name) const { return text(path_, "/", name); }

json_value result_folder::document() const {
  return json_object{{"stage", key_.name},
                     {"build", key_.any_build ? "any" : library_build()},
                     {"options", key_.options},
                     {"inputs", hash_object(key_.hashes)}};
}

std::optional<json_value> result_folder::recorded(std::string_view name) const {
  const std::string file = *this / name;
  if (!fs::exists(file)) return std::nullopt;
  try {
    return read_json(file);
  } catch (const error&) {
    return std::nullopt;  // as good as none: the work is done again
  }
}

bool result_folder::up_to_date() const { return reason().empty(); }

std::optional<json_value> result_folder::finished() const {
  if (!up_to_date()) return std::nullopt;
  forget_attempt();
  return summary();
}

void result_folder::forget_attempt() const {
  const std::optional<json_value> attempt = recorded(partial_name);
  try {
    // Another process may have begun another attempt just now, whose record has to stay.
    if (!attempt || !difference(*attempt, document()).empty()) return;
  } catch (const error&) {
    return;  // no record of ours
  }
  std::error_code ignored;  // the complete record counts
  fs::remove(*this / partial_name, ignored);
}

bool result_folder::complete() const { return recorded(complete_name).has_value(); }

std::string result_folder::reason() const {
  const std::optional<json_value> was = recorded(complete_name);
  if (!was && recorded(partial_name)) return "was not finished";
  if (!was) return unreadable().empty() ? "never ran" : "its record cannot be read";
  try {
    const std::string changed = difference(*was, document());
    return changed.empty() ? damage(*was) : changed;
  } catch (const error&) {
    return "its outputs are incomplete";
  }
}

std::string result_folder::damage(const json_value& record) const {
  for (const json_member& m : record.at("outputs").as_object()) {
    if (sha256_of_path(*this / m.name) != m.value.as_string()) {
      return text("output '", m.name, "' was changed");
    }
  }
  return {};
}

bool result_folder::extends(const json_value& record) const {
  if (key_.extent.empty()) return false;
  const json_value now = document();
  const json_value& extent = now.at("options").at(key_.extent);
  json_value options = record.at("options");
  if (options.at(key_.extent).as_integer() >= extent.as_integer()) return false;
  json_value grown = record;
  grown.set("options", options.set(key_.extent, extent));
  return difference(grown, now).empty();
}

bool result_folder::resumable() const {
  try {
    // Beside a complete record that of an attempt says nothing: its writer was killed right after
    // `finish`, or before `begin` came to its end.
    if (const std::optional<json_value> was = recorded(complete_name)) {
      return extends(*was) && damage(*was).empty();
    }
    const std::optional<json_value> partial = recorded(partial_name);
    return partial && (difference(*partial, document()).empty() || extends(*partial));
  } catch (const error&) {
    return false;  // a record of something else, or outputs that are gone
  }
}

std::string result_folder::unreadable() const {
  std::string out;
  for (const std::string_view name : {complete_name, partial_name}) {
    const std::string file = *this / name;
    if (!fs::exists(file)) continue;
    try {
      (void)read_json(file);
      return {};
    } catch (const error& e) {
      out = e.what();
    }
  }
  return out;
}

void result_folder::check_replaceable() const {
  std::error_code failure;
  if (!fs::exists(path_, failure)) return;
  remove_stale_temporaries(path_);  // of writers that were killed
  if (recorded(partial_name) || complete() || contents_of(path_).empty()) return;
  const std::string damage = unreadable();
  if (damage.empty()) {
    throw file_error(path_,
                     "holds files, but no results of this kind, so nothing in it is replaced: "
                     "choose another folder, or empty it");
  }
  throw file_error(path_, text("holds files whose record cannot be read (", damage,
                               "), so nothing in it is replaced: restore the record, or remove "
                               "the folder to make its results again"));
}

void result_folder::begin() const {
  std::error_code failure;
  fs::create_directories(path_, failure);
  if (failure) throw file_error(path_, "cannot be created: " + failure.message());
  check_replaceable();
  const bool resumes = resumable();
  const std::vector<fs::path> old = contents_of(path_);
  // Records go last: whoever is killed here leaves a folder that is still known to be replaceable.
  if (!resumes) remove_all(old);
  write_text_file(*this / partial_name, to_json(document(), json_style::indented));
  remove(complete_name);
}

void result_folder::finish(const std::vector<std::string>& outputs, json_value summary) const {
  std::map<std::string, std::string> hashes;
  for (const std::string& name : outputs) hashes[name] = sha256_of_path(*this / name);
  json_value complete = document();
  complete.set("outputs", hash_object(hashes));
  complete.set("summary", std::move(summary));
  write_text_file(*this / complete_name, to_json(complete, json_style::indented));
  std::error_code ignored;  // a leftover beside a complete record goes when `finished` finds it
  fs::remove(*this / partial_name, ignored);
}

void result_folder::remove(std::string_view name) const { remove_all({*this / name}); }

json_value result_folder::summary() const {
  const std::string file = *this / complete_name;
  const json_value complete = read_json(file);
  const json_value* const summary = complete.find("summary");
  if (summary == nullptr) throw file_error(file, "has no member 'summary'");
  return *summary;
}

}  // namespace flowkit::policy
