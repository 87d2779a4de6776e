#include <app/command_line.hpp>
#include <app/table.hpp>

#include <algorithm>

namespace flowkit::app {

std::vector<policy::setting_info> options_of(const command& c) {
  std::vector<policy::setting_info> out;
  for (policy::setting_info& s : setting_table()) {
    const std::size_t dot = s.name.find('.');
    const std::string section = dot == std::string::npos ? "" : s.name.substr(0, dot);
    if (std::count(c.sections.begin(), c.sections.end(), section) > 0) out.push_back(std::move(s));
  }
  return out;
}

std::string help_of(const command& c) {
  std::string out = text("usage: flowkit ", c.name, c.operands.empty() ? "" : " ", c.operands,
                         " [options]\n\n", c.details, "\n\n");
  const auto line = [&](std::string left, std::string_view right) {
    left.resize(std::max<std::size_t>(left.size() + 2, 28), ' ');
    out += text("  ", left, right, "\n");
  };
  const std::vector<policy::setting_info> settings = options_of(c);
  if (!settings.empty()) out += "options, with [unit] and default:\n";
  for (const policy::setting_info& s : settings) {
    std::string choices;
    for (const std::string& choice : s.choices) choices += (choices.empty() ? "" : " | ") + choice;
    line(text("--", option_name(s.name), " ",
              s.initial.kind() == "string" ? "TEXT"
              : s.initial.is_bool()        ? "BOOL"
                                           : "N"),
         text(s.help, choices.empty() ? "" : " (" + choices + ")",
              s.unit.empty() ? "" : " [" + s.unit + "]", " (default: ", policy::to_toml(s.initial),
              ")"));
  }
  out += "common options:\n";
  if (!c.sections.empty()) {
    if (c.uses_run) line("--run DIR", "run directory (default: runs/<task>)");
    line("--preset NAME", text("start from these settings: ", preset_names()));
    line("--config FILE", "read settings from a TOML file");
    line("--set NAME=VALUE", "set anything in config.toml, e.g. train.steps=500; repeatable");
  }
  line("--json", "print the result as JSON");
  line("-q, --quiet", "no progress, no remarks");
  line("-h, --help", "this text");
  return out + "\nexit status: 0 done, 1 failed or stopped while running, 2 wrong usage or input\n";
}

}  // namespace flowkit::app
