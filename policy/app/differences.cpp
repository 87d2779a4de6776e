#include <app/differences.hpp>
#include <app/options.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

namespace flowkit::app {
namespace {

/// Kind of stage by the name of its folder.
std::string_view kind_of(std::string_view stage) {
  if (stage.starts_with("evaluation/")) return "evaluate";
  if (stage.starts_with("held_out")) return "held_out";
  if (stage.starts_with("couple")) return "couple";
  return stage == "reflow" || stage == "sefa" ? "distill" : stage;
}

/// What the command calls options that begin so. The first that fits counts.
struct naming {
  std::string_view kind;  ///< of stage; empty: all
  std::string_view option;
  std::string_view setting;
};
constexpr naming namings[] = {
    {"", "backend", "backend"},
    {"", "precision", "precision"},
    {"", "task", "task"},
    {"", "observation", "observation"},
    {"", "seed", "seed"},
    {"", "selection.seed", "seed"},
    {"", "selection.state", "policy.state_field"},
    {"", "selection.action", "policy.action_field"},
    {"", "selection.cameras", "policy.camera_field (empty: collect.cameras)"},
    {"", "selection.episodes", "policy.demonstrations"},
    {"", "selection.", "policy."},
    {"", "network.encoder.", "policy.encoder: "},
    {"", "network.", "policy."},
    {"base", "state.margin", "policy.clip_margin"},
    {"base", "fit.optimizer.", "train."},
    {"base", "fit.average.maximum", "train.average"},
    {"base", "fit.", "train."},
    {"straighten", "fit.steps", "straighten.steps"},
    {"", "fit.optimizer.", "distill."},
    {"", "fit.average.maximum", "distill.average"},
    {"", "fit.", "distill."},
    {"held_out", "noises", "couple.held_out_noises"},
    {"held_out", "windows", "distill.held_out_windows"},
    {"", "solver.solver", "couple.solver"},
    {"", "solver.", "couple."},
    {"couple", "", "couple."},
    {"held_out", "", "couple."},
    {"align", "rule.action_radius", "align.radius"},
    {"align", "rule.", "align."},
    {"collect", "", "collect."},
    {"evaluate", "validation", "policy.validation"},
    {"evaluate", "inference.", "solver: "},
    {"evaluate", "", "evaluate."},
    {"flow", "", "evaluate."},
    {"run", "", "run."},
};

std::string setting_of(std::string_view stage, const std::string& option) {
  const auto found = std::find_if(std::begin(namings), std::end(namings), [&](const naming& n) {
    return (n.kind.empty() || n.kind == kind_of(stage)) && option.starts_with(n.option);
  });
  if (found == std::end(namings)) return option;
  return text(found->setting, std::string_view(option).substr(found->option.size()));
}

/// A value for people. Stages note seeds that follow from the setting: that is looked for.
std::string shown(std::string_view stage, const std::string& option, const json_value& value) {
  if (!option.ends_with("seed") || !value.is_string()) return to_json(value);
  const std::string_view kind = kind_of(stage);
  const std::string_view purpose = option == "selection.seed" ? "split"
                                   : kind == "base"           ? "train"
                                   : kind == "held_out"       ? "couple"
                                   : kind == "straighten"     ? "distill"
                                                              : kind;
  const std::string& digits = value.as_string();
  std::uint64_t seed = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  const std::optional<index_t> root = root_of(seed, purpose);
  return root ? text(*root) : digits;
}

void compare(std::string_view stage, const std::string& option, const json_value& was,
             const json_value& now, std::vector<std::string>& out) {
  if (was.is_object() && now.is_object()) {
    for (const json_member& m : now.as_object()) {
      const json_value* const before = was.find(m.name);
      if (before == nullptr) continue;
      compare(stage, option.empty() ? m.name : text(option, ".", m.name), *before, m.value, out);
    }
    return;
  }
  if (to_json(was) == to_json(now)) return;
  std::string line = text(setting_of(stage, option), " was ", shown(stage, option, was), ", is ",
                          shown(stage, option, now));
  if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(std::move(line));
}

}  // namespace

std::optional<json_value> noted_options(const std::string& folder) {
  const std::string path = folder + "/stage.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  const json_value document = read_json(path);
  const json_value* const options = document.is_object() ? document.find("options") : nullptr;
  if (options == nullptr || !options->is_object()) throw file_error(path, "has no options");
  return *options;
}

std::string changes_in(std::string_view stage, const json_value& was, const json_value& now) {
  std::vector<std::string> lines;
  compare(stage, {}, was, now, lines);
  std::string out;
  for (const std::string& line : lines) out += text(out.empty() ? "" : "; ", line);
  return out;
}

}  // namespace flowkit::app
