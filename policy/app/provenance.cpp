#include <flowkit/core/thread_pool.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/report/sweep_record.hpp>

#include <app/differences.hpp>
#include <app/options.hpp>
#include <app/provenance.hpp>
#include <app/records.hpp>
#include <app/run_directory.hpp>
#include <app/sweep_settings.hpp>
#include <app/table.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace flowkit::app {
namespace {

#if defined(__clang__)
constexpr std::string_view compiler = __VERSION__;  // says so
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

/// Model of the processor, as Linux names it.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

/// What the policies of a run say of themselves, each once if they agree: "0", or "base 0; sefa 5".
class policy_facts {
 public:
  void add(std::string_view policy, const std::string& value) {
    if (value.empty()) return;
    list_ += text(list_.empty() ? "" : "; ", policy, " ", value);
    agree_ = agree_ && (first_.empty() || first_ == value);
    if (first_.empty()) first_ = value;
  }
  void note(std::string_view name, std::vector<policy::named_text>& out) const {
    if (!first_.empty()) out.push_back({std::string(name), agree_ ? first_ : list_});
  }

 private:
  std::string first_;
  std::string list_;
  bool agree_ = true;
};

/// Calls `read` and notes what is wrong with the files that it reads.
template <class Read>
void reading(std::vector<std::string>& problems, const Read& read) {
  try {
    read();
  } catch (const error& e) {
    problems.emplace_back(e.what());
  }
}

/// Notes with which options a stage was made that are not `now`.
void note_differences(const context& c, const std::string& stage, const json_value& now,
                      std::vector<std::string>& problems, std::vector<policy::named_text>& out) {
  reading(problems, [&] {
    const std::optional<json_value> was = noted_options(c / stage);
    const std::string changes = was ? changes_in(stage, *was, now) : std::string();
    if (!changes.empty()) out.push_back({stage, changes});
  });
}

/// The same of the evaluations of the run's own policies, whether they are asked for or not.
void note_evaluations(const context& c, std::vector<std::string>& problems,
                      std::vector<policy::named_text>& out) {
  std::error_code none;
  std::vector<std::string> labels;
  for (const auto& entry : std::filesystem::directory_iterator(c / "evaluation", none)) {
    labels.push_back(entry.path().filename().string());
  }
  std::sort(labels.begin(), labels.end());
  for (const std::string& label : labels) {
    if (label.starts_with("file-") || label.find('@') == label.npos) continue;
    reading(problems, [&] {
      const label_parts parts = split_label(label);
      const bool straight = parts.policy == "straightened";
      const std::string name = straight ? "straighten" + label.substr(label.find('@')) : label;
      const std::string folder = straight ? "straighten" : parts.policy;
      if (!std::filesystem::exists(c / folder + "/policy.safetensors")) return;
      note_differences(c, "evaluation/" + label, evaluate_options(c, parse_method(c, name)),
                       problems, out);
    });
  }
}

/// Settings of learning, but for those that name what is in the data.
bool shapes_learning(std::string_view name) {
  if (name == "run.rounds" || name == "run.reflow") return true;
  if (name.ends_with("_field") || name == "align.sweep") return false;
  const std::string_view section = name.substr(0, name.find('.'));
  constexpr std::string_view all[] = {"policy", "train",   "couple",
                                      "align",  "distill", "straighten"};
  return std::find(std::begin(all), std::end(all), section) != std::end(all);
}

/// In what the sweep over demonstrations was made otherwise; nothing if it does not say.
void note_sweep(const context& c, std::vector<std::string>& problems,
                std::vector<policy::named_text>& out) {
  const std::string path = c / "sweeps/demonstrations.json";
  if (!std::filesystem::exists(path)) return;
  reading(problems, [&] {
    const std::string noted = policy::read_sweep(path).settings;
    if (!noted.starts_with("{")) return;  // of an earlier version
    std::string changes = changes_since_sweep(c, noted);
    if (!changes.empty()) out.push_back({"sweeps/demonstrations", std::move(changes)});
  });
}

}  // namespace

std::vector<policy::named_text> provenance_of(const context& c,
                                              std::vector<std::string>& problems) {
  std::vector<policy::named_text> out{{"flowkit", policy::library_build()},
                                      {"compiler", std::string(compiler)},
                                      {"processor", processor_name()},
                                      {"processors", text(default_thread_count())},
                                      {"threads", text(threads_of(c))},
                                      {"backend", backend_of(c)},
                                      {"precision", c.values.string("precision")}};
  policy_facts trained_by;
  policy_facts seeds;
  std::vector<policy::named_text> hashes;
  for (const std::string method : {"base", "straighten", "reflow", "sefa"}) {
    const std::string path = c / (method + "/policy.safetensors");
    if (!std::filesystem::exists(path)) continue;
    reading(problems, [&] {
      const policy::policy_file file(path);
      const policy::policy_manifest& m = file.manifest();
      const std::optional<index_t> seed = seed_of(m);
      trained_by.add(method, m.origin.backend);
      seeds.add(method, seed ? text(*seed) : std::string());
      hashes.push_back({"SHA-256 of " + method, sha256_of_file(path)});
    });
  }
  trained_by.note("trained by", out);
  seeds.note("seed", out);
  out.insert(out.end(), hashes.begin(), hashes.end());
  return out;
}

std::vector<policy::named_text> differences_of(const context& c,
                                               std::vector<std::string>& problems) {
  std::vector<policy::named_text> out;
  if (c.values.string("data").empty()) {
    note_differences(c, "collect", collect_options(c), problems, out);
  }
  for (const policy::stage_options& s :
       policy::options_of_stages(learn_options_of(c.values), computes(c))) {
    note_differences(c, s.folder, s.options, problems, out);
  }
  note_differences(c, "flow", flow_options(c), problems, out);
  if (!c.values.string("task").empty()) note_evaluations(c, problems, out);
  note_sweep(c, problems, out);
  return out;
}

std::string preset_of(const context& c, const std::string& preset) {
  const std::string name = preset.substr(0, preset.find(','));
  const std::vector<std::string> known = policy::learning_preset_names();
  if (std::find(known.begin(), known.end(), name) == known.end()) return preset;
  policy::settings values(setting_table());
  apply_preset(values, name);
  for (const policy::setting_info& s : values.table()) {
    const bool same = to_json(values.value(s.name)) == to_json(c.values.value(s.name));
    if (!same && shapes_learning(s.name)) return name + ", changed";
  }
  return name;
}

}  // namespace flowkit::app
