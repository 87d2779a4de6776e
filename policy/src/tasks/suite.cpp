#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/suite.hpp>
#include <tasks/assets.hpp>
#include <tasks/definition.hpp>
#include <tasks/names.hpp>
#include <tasks/simulation.hpp>

namespace flowkit::policy {
namespace detail {
namespace {

std::vector<std::string> names_of_tasks() {
  std::vector<std::string> names;
  for (const auto definition : task_definitions()) names.emplace_back(definition().name);
  return names;
}

}  // namespace

std::string_view asset_text(std::string_view name) {
  for (const asset& a : assets()) {
    if (a.name == name) return a.text;
  }
  ::flowkit::detail::throw_invalid_input(text("there is no document '", name, "' in the library"));
}

const task_definition& find_task(std::string_view name) {
  for (const auto definition : task_definitions()) {
    if (definition().name == name) return definition();
  }
  ::flowkit::detail::throw_invalid_input(
      text("unknown task '", name, "'; there are ", listed(policy::task_names())));
}

}  // namespace detail

std::span<const std::string> task_names() {
  static const std::vector<std::string> names = detail::names_of_tasks();
  return names;
}

task_description describe_task(std::string_view task) {
  const detail::task_definition& definition = detail::find_task(task);
  const detail::simulation s = detail::compile(detail::asset_text(definition.name));
  return {std::string(definition.name), std::string(definition.instruction), definition.modes,
          detail::state_names(s), s.cameras};
}

}  // namespace flowkit::policy
