#include <app/command_line.hpp>
#include <app/table.hpp>

#include <flowkit/policy/stages/learn.hpp>

#include <algorithm>

namespace flowkit::app {

std::vector<policy::setting_info> options_of(const command& c) {
  std::vector<policy::setting_info> out;
  for (policy::setting_info& s : setting_table()) {
    const std::size_t dot = s.name.find('.');
    const std::string section = dot == std::string::npos ? "" : s.name.substr(0, dot);
    if (std::count(c.sections.begin(), c.sections.end(), section) == 0) continue;
    if (!c.only.empty() && std::count(c.only.begin(), c.only.end(), s.name) == 0) continue;
    out.push_back(std::move(s));
  }
  return out;
}

namespace {

constexpr std::size_t left_width = 28;
constexpr std::size_t right_width = 70;
constexpr char unbreakable = '\x1f';  // a space where no line ends

/// What an option takes.
std::string_view kind_of(const policy::setting_info& s) {
  if (s.unit == "path") return "PATH";
  if (s.initial.is_string()) return "TEXT";
  return s.initial.is_bool() ? "BOOL" : "N";
}

/// What an option is for, its choices, unit and default.
std::string meaning_of(const policy::setting_info& s) {
  std::string out = s.help;
  for (const std::string& choice : s.choices) {
    out += (&choice == &s.choices.front() ? " (" : " | ") + choice;
  }
  if (!s.choices.empty()) out += ")";
  const bool empty = s.initial.is_string() && s.initial.as_string().empty();
  std::string end = s.unit.empty() || s.unit == "path" ? "" : "[" + s.unit + "] ";
  end += "(default: " + (empty ? "empty" : policy::to_toml(s.initial)) + ")";
  std::replace(end.begin(), end.end(), ' ', unbreakable);
  return out + " " + end;
}

/// A line of the list of options; the right column continues below itself.
std::string option_line(std::string left, std::string_view right) {
  left.resize(std::max(left.size() + 2, left_width), ' ');
  std::string out = "  " + left;
  while (right.size() > right_width) {
    const std::size_t space = right.substr(0, right_width + 1).rfind(' ');
    if (space == std::string_view::npos) break;
    out += text(right.substr(0, space), "\n", std::string(left_width + 2, ' '));
    right.remove_prefix(space + 1);
  }
  out += text(right, "\n");
  std::replace(out.begin(), out.end(), unbreakable, ' ');
  return out;
}

bool shows_presets(const command& c) { return c.name == "run"; }

/// A value in a column of its own.
std::string cell(const policy::settings& values, const std::string& name) {
  constexpr std::size_t width = 18;
  const json_value& value = values.value(name);
  std::string out = value.is_string() ? value.as_string() : policy::to_toml(value);
  out.resize(std::max(out.size() + 1, width), ' ');
  return out;
}

/// What presets say where they differ from the defaults: a line per setting.
std::string preset_table() {
  std::vector<policy::settings> columns{policy::settings(setting_table())};
  std::string head = "  setting                     default           ";
  for (const std::string& name : policy::learning_preset_names()) {
    apply_preset(columns.emplace_back(setting_table()), name);
    head += name;
    head.resize(head.size() + (name.size() < 18 ? 18 - name.size() : 1), ' ');
  }
  head.erase(head.find_last_not_of(' ') + 1);
  std::string out = "\npresets, where they differ from the defaults:\n" + head + "\n";
  for (const policy::setting_info& s : columns.front().table()) {
    std::string row = "  " + s.name;
    row.resize(left_width + 2, ' ');
    bool differs = false;
    for (const policy::settings& values : columns) {
      row += cell(values, s.name);
      differs = differs || cell(values, s.name) != cell(columns.front(), s.name);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    if (differs) out += row + "\n";
  }
  return out;
}

}  // namespace

std::string help_of(const command& c) {
  std::string out = text("usage: flowkit ", c.name, c.operands.empty() ? "" : " ", c.operands,
                         " [options]\n\n", c.details, "\n\n");
  const auto line = [&](const std::string& left, std::string_view right) {
    out += option_line(left, right);
  };
  const std::vector<policy::setting_info> settings = options_of(c);
  if (!settings.empty()) out += "options, with [unit] and default:\n";
  for (const policy::setting_info& s : settings) {
    line(text("--", option_name(s.name), " ", kind_of(s)), meaning_of(s));
  }
  out += settings.empty() ? "" : "\n";
  out += "common options:\n";
  if (c.uses_run) {
    line("--run DIR", "run directory (default: runs/<task>, or runs/<name of the data>)");
  }
  if (!c.sections.empty()) {
    line("--preset NAME",
         text("start from these settings: ", preset_names(),
              shows_presets(c) ? ", see below" : " (flowkit run --help shows them)"));
    line("--config FILE", "read settings from a TOML file");
    line("--set NAME=VALUE", "set anything in config.toml, e.g. train.steps=500; repeatable");
  }
  line("--json", "print the result as JSON");
  line("-q, --quiet", "no progress, no remarks");
  line("-h, --help", "this text");
  if (shows_presets(c)) out += preset_table();
  return out + "\nexit status: 0 done, 1 failed or stopped while running, 2 wrong usage or input\n";
}

}  // namespace flowkit::app
