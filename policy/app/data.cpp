#include <flowkit/policy/data/convert.hpp>
#include <flowkit/policy/data/inspect.hpp>
#include <flowkit/policy/data/validate.hpp>

#include <app/command.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

/// Operands of an action, exactly as many as it takes.
const std::vector<std::string>& operands(const context& c, std::size_t count,
                                         std::string_view usage) {
  FLOWKIT_VALIDATE(c.operands.size() == count + 1, "flowkit data ", usage, " takes ", count,
                   " paths, given ", c.operands.size() - 1);
  return c.operands;
}

void inspect_data(const context& c) {
  const std::string& path = operands(c, 1, "inspect DATA")[1];
  const policy::data_summary summary = policy::inspect(policy::demonstrations(path));
  c.answer(policy::to_json_value(summary), policy::to_text(summary));
}

void convert_data(const context& c) {
  const std::vector<std::string>& paths = operands(c, 2, "convert FROM TO");
  policy::convert(policy::demonstrations(paths[1]), paths[2]);
  c.answer(json_object{{"from", paths[1]}, {"to", paths[2]}}, text(paths[1], " -> ", paths[2]));
}

void validate_data(const context& c) {
  const std::string& path = operands(c, 1, "validate DATA")[1];
  const std::vector<policy::finding> found = policy::validate_demonstrations(path);
  json_array list;
  std::string lines;
  for (const policy::finding& f : found) {
    list.push_back(json_object{{"problem", f.level == policy::severity::problem},
                               {"file", f.file},
                               {"field", f.field},
                               {"what", f.what}});
    lines += policy::to_text(f) + "\n";
  }
  const auto problems = std::count_if(found.begin(), found.end(), [](const policy::finding& f) {
    return f.level == policy::severity::problem;
  });
  if (found.empty()) lines = text(path, ": nothing is wrong\n");
  c.answer(json_object{{"path", path}, {"findings", std::move(list)}}, lines);
  if (problems > 0) throw file_error(path, text(problems, " problems were found"));
}

}  // namespace

void data(const context& c) {
  static const std::vector<std::string> actions{"inspect", "convert", "validate"};
  FLOWKIT_VALIDATE(!c.operands.empty(), "flowkit data needs an action: inspect, convert or ",
                   "validate");
  const std::string& action = c.operands.front();
  if (action == "inspect") return inspect_data(c);
  if (action == "convert") return convert_data(c);
  if (action == "validate") return validate_data(c);
  throw invalid_input(text("there is no action 'data ", action, "'",
                           policy::suggestion(action, actions),
                           " (the actions are inspect, convert and validate)"));
}

}  // namespace flowkit::app
