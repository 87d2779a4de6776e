#include "core/stages/stage_folder.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/manifest.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace flowkit::policy {

std::string_view to_text(stage_end end) {
  constexpr std::string_view names[] = {"finished", "stopped", "unchanged"};
  return names[static_cast<std::size_t>(end)];
}

namespace detail {
namespace {

constexpr std::string_view note = "stage.json";

json_value complete_plan(std::string_view stage, const json_value& plan) {
  return json_object{{"stage", stage}, {"version", library_version()}, {"plan", plan}};
}

}  // namespace

bool exists(const std::string& path) {
  std::error_code problem;
  return std::filesystem::exists(path, problem);
}

void create_folder(const std::string& path) {
  std::error_code problem;
  std::filesystem::create_directories(path, problem);
  if (problem) throw file_error(path, "cannot be created: " + problem.message());
}

std::string hash_of(std::string_view text) { return sha256_of(flowkit::detail::bytes_of(text)); }

stage_folder::stage_folder(std::string path, std::string_view stage, const json_value& plan)
    : path_(std::move(path)), plan_(complete_plan(stage, plan)), id_(hash_of(to_json(plan_))) {
  create_folder(path_);
}

std::string stage_folder::operator/(std::string_view name) const {
  return (std::filesystem::path(path_) / name).string();
}

std::optional<json_value> stage_folder::finished(
    std::initializer_list<std::string_view> outputs) const {
  const stage_folder& here = *this;
  if (!exists(here / note)) return std::nullopt;
  const auto there = [&](std::string_view name) { return exists(here / name); };
  if (!std::all_of(outputs.begin(), outputs.end(), there)) return std::nullopt;
  try {
    const json_value document = read_json(here / note);
    if (document.at("id").as_string() != id_) return std::nullopt;
    return document.at("result");
  } catch (const error&) {
    return std::nullopt;  // a note that cannot be read notes nothing: the stage runs again
  }
}

void stage_folder::begin() const { remove(note); }

void stage_folder::finish(const json_value& result) const {
  json_value document = plan_;
  document.set("id", id_).set("result", result);
  write_text_file(*this / note, to_json(document, json_style::indented) + "\n");
}

void stage_folder::remove(std::string_view name) const {
  std::error_code problem;
  std::filesystem::remove_all(*this / name, problem);
  if (problem) throw file_error(*this / name, "cannot be removed: " + problem.message());
}

}  // namespace detail
}  // namespace flowkit::policy
