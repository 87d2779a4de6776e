#include <app/command_line.hpp>
#include <app/table.hpp>
#include <app/task_choice.hpp>

#include <boost/program_options.hpp>

#include <algorithm>
#include <filesystem>

namespace flowkit::app {
namespace {

namespace po = boost::program_options;

po::options_description description_of(const command& c) {
  po::options_description all;
  auto add = all.add_options();
  add("help,h", "")("json", "")("quiet,q", "")("operands", po::value<std::vector<std::string>>());
  if (c.uses_run) add("run", po::value<std::string>());
  if (!c.sections.empty()) {
    add("config", po::value<std::string>())("preset", po::value<std::string>());
    add("set", po::value<std::vector<std::string>>()->composing());
  }
  for (const policy::setting_info& s : options_of(c)) {
    add(option_name(s.name).c_str(), po::value<std::string>());
  }
  return all;
}

[[noreturn]] void refuse_unknown(const command& c, const po::options_description& all,
                                 const std::string& name) {
  std::vector<std::string> names;
  for (const auto& option : all.options()) names.push_back(option->long_name());
  const std::size_t dashes = name.find_first_not_of('-');
  const std::string word = dashes == std::string::npos ? name : name.substr(dashes);
  throw invalid_input(text("unknown option '", name, "'", policy::suggestion(word, names),
                           " (flowkit ", c.name, " --help lists all)"));
}

po::variables_map parsed(const command& c, const std::vector<std::string>& words) {
  const po::options_description all = description_of(c);
  po::positional_options_description operands;
  operands.add("operands", -1);
  po::variables_map given;
  try {
    // Abbreviations would change their meaning when an option is added.
    namespace style = po::command_line_style;
    const int exact = style::unix_style & ~style::allow_guessing;
    po::store(po::command_line_parser(words).options(all).positional(operands).style(exact).run(),
              given);
  } catch (const po::unknown_option& e) {
    refuse_unknown(c, all, e.get_option_name());
  } catch (const po::error& e) {
    throw invalid_input(text(e.what(), " (see flowkit ", c.name, " --help)"));
  }
  return given;
}

void set_assignment(context& out, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  FLOWKIT_VALIDATE(equals != std::string::npos, "--set ", assignment,
                   " has no '=': write --set train.steps=500");
  out.assigned.push_back(assignment.substr(0, equals));
  out.values.set_text(out.assigned.back(), assignment.substr(equals + 1));
}

/// Reads the config.toml of the run, and says what it leaves open.
void read_remembered(context& out, const std::string& path) {
  std::string names;
  for (const std::string& name : out.values.read(path)) {
    names += text(names.empty() ? "" : ", ", name);
  }
  if (names.empty()) return;
  out.say(text(path, " says nothing of ", names, ": the defaults are taken"));
}

/// An operand that a command does not take is a mistyped option more often than not.
void check_operands(const command& c, const std::vector<std::string>& operands) {
  FLOWKIT_VALIDATE(!c.operands.empty() || operands.empty(), "'", operands.front(),
                   "' is no option of flowkit ", c.name, ", which takes no operands");
  const bool all_named = std::find(operands.begin(), operands.end(), "") == operands.end();
  FLOWKIT_VALIDATE(all_named, "a path given to flowkit ", c.name,
                   " is empty, perhaps from a variable that is not set: give a path");
}

/// Nobody means an empty path, which a variable of a shell without a value gives.
std::string path_of(const po::variables_map& given, const char* name) {
  if (given.count(name) == 0) return {};
  std::string path = given[name].as<std::string>();
  FLOWKIT_VALIDATE(!path.empty(), "--", name,
                   " is empty, perhaps from a variable that is not set: give a path, or leave the "
                   "option out");
  return path;
}

/// The task, or the data set's own name.
std::string default_name(const policy::settings& values) {
  const std::string& task = values.string("task");
  if (!task.empty()) return task;
  std::filesystem::path data(values.string("data"));
  if (!data.has_filename()) data = data.parent_path();
  return data.stem().string();
}

}  // namespace

std::string option_name(std::string_view setting) {
  const std::size_t dot = setting.find('.');
  std::string out(dot == std::string_view::npos ? setting : setting.substr(dot + 1));
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

context parse(const command& c, const std::vector<std::string>& words) {
  const po::variables_map given = parsed(c, words);
  context out{.values = policy::settings(setting_table()),
              .command = std::string(c.name),
              .folder = {},
              .operands = {}};
  out.json = given.count("json") > 0;
  out.quiet = given.count("quiet") > 0;
  if (given.count("operands") > 0) out.operands = given["operands"].as<std::vector<std::string>>();
  check_operands(c, out.operands);
  if (!c.uses_run) return out;

  out.folder = path_of(given, "run");
  const std::string remembered = out / "config.toml";
  if (given.count("preset") > 0) {
    out.preset = given["preset"].as<std::string>();
    apply_preset(out.values, out.preset);
  } else if (!out.folder.empty() && std::filesystem::exists(remembered)) {
    read_remembered(out, remembered);
  }
  if (const std::string own = path_of(given, "config"); !own.empty()) out.values.read(own);
  if (given.count("set") > 0) {
    for (const std::string& s : given["set"].as<std::vector<std::string>>()) {
      set_assignment(out, s);
    }
  }
  for (const policy::setting_info& s : options_of(c)) {
    const std::string option = option_name(s.name);
    if (given.count(option) == 0) continue;
    const bool path = s.unit == "path";
    out.values.set_text(s.name,
                        path ? path_of(given, option.c_str()) : given[option].as<std::string>());
  }
  choose_task(out.values);
  if (c.needs_task) need_task(out.values, c.name);
  if (out.folder.empty()) out.folder = "runs/" + default_name(out.values);
  return out;
}

}  // namespace flowkit::app
