#include <flowkit/policy/tasks/suite.hpp>

#include <app/command.hpp>

#include <algorithm>

namespace flowkit::app {

void tasks(const context& c) {
  json_array document;
  std::string lines;
  for (const std::string& name : policy::task_names()) {
    const policy::task_description task = policy::describe_task(name);
    std::string column = name;
    column.resize(std::max<std::size_t>(column.size() + 2, 16), ' ');
    lines += text(column, task.instruction, "\n");
    json_array modes;
    for (const std::string& mode : task.modes) modes.emplace_back(mode);
    json_array states;
    for (const std::string& state : task.state_names) states.emplace_back(state);
    document.push_back(json_object{{"name", name},
                                   {"instruction", task.instruction},
                                   {"modes", std::move(modes)},
                                   {"state", std::move(states)}});
  }
  c.answer(document, lines);
}

}  // namespace flowkit::app
