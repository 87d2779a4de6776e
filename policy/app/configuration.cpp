#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/file.hpp>

#include <app/command_line.hpp>
#include <app/run_directory.hpp>
#include <app/run_lock.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace flowkit::app {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> stages{"collect", "train",   "couple",
                                                 "align",   "distill", "evaluate"};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// The last stage that a setting takes effect in.
std::string_view stage_of(std::string_view name) {
  if (is_one_of(name, {"run.rounds", "run.reflow", "couple.held_out_noises"})) return "distill";
  const std::size_t dot = name.find('.');
  const std::string_view section = dot == name.npos ? "" : name.substr(0, dot);
  if (section.empty() || section == "policy") return "train";
  return section == "run" || section == "straighten" ? "couple" : section;
}

/// When a stage runs.
std::ptrdiff_t order_of(std::string_view stage) {
  return std::find(stages.begin(), stages.end(), stage) - stages.begin();
}

/// Meant for one call: what it shows or compares, and no description of the run.
bool is_for_one_call(std::string_view name) {
  return is_one_of(name, {"align.sweep", "run.sweep", "evaluate.policy", "evaluate.methods"});
}

/// Whether a command changes what the run remembers: settings of what it makes and of what is made
/// after it, and how many threads compute, which changes no result. Backend and number format are
/// settings of the first stage: remembered from a later one, `run` would learn everything anew.
bool is_remembered(const context& c, std::string_view name) {
  if (name == "evaluate.methods") return false;
  if (name == "threads") return true;
  return order_of(stage_of(name)) >= order_of(c.command);
}

/// A preset describes a run from its beginning; later stages may name one for their own settings.
void note_preset(const context& c) {
  if (c.preset.empty() || !is_one_of(c.command, {"run", "collect"})) return;
  change_run_info(
      c, [&](policy::run_info& info) { return std::exchange(info.preset, c.preset) != c.preset; });
}

/// Says that the results of a call have another backend or precision than those of the run.
void remark_backend(const context& c, const policy::settings& kept) {
  context remembered = c;
  remembered.values = kept;
  const std::string usual = computes(remembered);
  if (computes(c) == usual) return;
  c.say(text("computed with ", computes(c), " in this call only: the run remembers ", usual,
             ", so flowkit run makes again what it needs of this"));
}

}  // namespace

std::string change_run_info(const context& c,
                            const std::function<bool(policy::run_info&)>& change) {
  const std::string path = c / "run.json";
  policy::run_info info;
  try {
    if (fs::exists(path)) info = policy::read_run_info(path);
  } catch (const error& e) {
    return e.what();
  }
  if (change(info)) policy::write_run_info(path, info);
  return {};
}

void remember_settings(const context& c) {
  std::error_code failure;
  fs::create_directories(c.folder, failure);
  if (failure) throw file_error(c.folder, "cannot create the run directory: " + failure.message());
  lock_run(c.folder);
  remove_stale_temporaries(c.folder);  // of calls that were killed
  note_preset(c);
  policy::settings kept = c.values;
  const std::string path = c / "config.toml";
  if (c.command != "run" && fs::exists(path)) {
    kept.read(path);
    for (const policy::setting_info& s : c.values.table()) {
      if (is_remembered(c, s.name)) kept.set(s.name, c.values.value(s.name));
    }
  }
  for (const policy::setting_info& s : kept.table()) {
    if (is_for_one_call(s.name) && s.name != "evaluate.methods") kept.set(s.name, "");
  }
  const std::string now = kept.to_toml();
  if (fs::exists(path) && flowkit::detail::chars_of(mapped_file(path).bytes()) == now) return;
  write_text_file(path, now);
}

void remark_ignored(const command& which, const context& c) {
  const std::string path = c / "config.toml";
  if ((c.assigned.empty() && !which.changes_run) || !fs::exists(path)) return;
  policy::settings kept = c.values;
  kept.read(path);
  if (which.changes_run) remark_backend(c, kept);
  const std::vector<policy::setting_info> own = options_of(which);
  for (const std::string& name : c.assigned) {
    const bool option = std::any_of(own.begin(), own.end(),
                                    [&](const policy::setting_info& s) { return s.name == name; });
    const bool kept_so = to_json(kept.value(name)) == to_json(c.values.value(name));
    if (option || kept_so || is_for_one_call(name)) continue;
    c.say(text(name, " is used by flowkit ", stage_of(name), "; this call does not change it"));
  }
}

}  // namespace flowkit::app
