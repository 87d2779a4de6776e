#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/file.hpp>

#include <app/run_directory.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

namespace flowkit::app {
namespace {

namespace fs = std::filesystem;

/// When the settings of a section take effect. Those of what is made first come first.
std::size_t order_of(std::string_view section) {
  if (section.empty() || section == "policy") section = "train";
  if (section == "run" || section == "straighten") section = "couple";
  constexpr std::array<std::string_view, 6> all{"collect", "train",   "couple",
                                                "align",   "distill", "evaluate"};
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), section) - all.begin());
}

/// Whether a setting is about what a command makes, or about what is made after it.
bool describes_later_stage(const context& c, std::string_view name) {
  if (name == "evaluate.methods") return false;
  const std::size_t dot = name.find('.');
  const std::string_view section = dot == name.npos ? "" : name.substr(0, dot);
  return order_of(section) >= order_of(c.command);
}

}  // namespace

policy::run_info known_about(const context& c) {
  const std::string path = c / "run.json";
  if (!fs::exists(path)) return {};
  try {
    return policy::read_run_info(path);
  } catch (const error&) {
    return {};
  }
}

void remember_settings(const context& c) {
  std::error_code failure;
  fs::create_directories(c.folder, failure);
  if (failure) throw file_error(c.folder, "cannot create the run directory: " + failure.message());
  remove_stale_temporaries(c.folder);  // of calls that were killed
  policy::settings kept = c.values;
  const std::string path = c / "config.toml";
  if (c.command != "run" && fs::exists(path)) {
    kept.read(path);
    for (const policy::setting_info& s : c.values.table()) {
      if (describes_later_stage(c, s.name)) kept.set(s.name, c.values.value(s.name));
    }
  }
  for (const char* once : {"align.sweep", "run.sweep", "evaluate.policy"}) kept.set(once, "");
  const std::string now = kept.to_toml();
  if (fs::exists(path) && flowkit::detail::chars_of(mapped_file(path).bytes()) == now) return;
  write_text_file(path, now);
  if (c.preset.empty()) return;
  policy::run_info info = known_about(c);
  info.preset = c.preset;
  policy::write_run_info(c / "run.json", info);
}

}  // namespace flowkit::app
