#include <flowkit/policy/data/validate.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/options.hpp>
#include <app/task_choice.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

constexpr std::string_view first_task = "reach_detour";

/// The simulated task that a data set was collected in; empty if it names none.
std::string simulated_task_of(const policy::demonstrations& data) {
  const std::string named = policy::task_of(data);
  const std::span<const std::string> known = policy::task_names();
  return std::find(known.begin(), known.end(), named) != known.end() ? named : std::string();
}

/// Collects the fields that are missing, with the option that names them.
class missing_fields {
 public:
  explicit missing_fields(const policy::demonstrations& data) : data_(&data) {}

  void look_for(const std::string& field, std::string_view option) {
    if (data_->contains(field)) return;
    fields_ += text(fields_.empty() ? "'" : ", '", field, "' (", option, ")");
  }
  void complain() const {
    std::string there;
    for (const policy::field_info& field : data_->fields()) {
      there += text(there.empty() ? "" : ", ", policy::to_text(field));
    }
    FLOWKIT_VALIDATE(fields_.empty(), data_->source(), " has no field ", fields_, "; it has ",
                     there, ": name the right ones with these options");
  }

 private:
  const policy::demonstrations* data_;
  std::string fields_;
};

}  // namespace

void choose_task(policy::settings& values) {
  if (!values.string("task").empty()) return;
  const std::string& data = values.string("data");
  values.set("task", data.empty() ? std::string(first_task)
                                  : simulated_task_of(policy::demonstrations(data)));
}

void need_task(const policy::settings& values, std::string_view command) {
  FLOWKIT_VALIDATE(!values.string("task").empty(), "flowkit ", command,
                   " needs a simulated task to act in, and ", values.string("data"),
                   " names none: give --task if these data come from one (flowkit tasks lists "
                   "them), or try the policy in your own environment");
}

void check_fields(const policy::settings& values, const policy::demonstrations& data) {
  const policy::data_selection s = selection_of(values);
  missing_fields missing(data);
  missing.look_for(s.action, "--action-field");
  for (const std::string& field : s.state) missing.look_for(field, "--state-field");
  for (const std::string& field : s.cameras) missing.look_for(field, "--camera-field");
  missing.complain();
  std::vector<std::string> numbers = s.state;
  numbers.push_back(s.action);
  policy::expect_learnable(data, numbers);
}

}  // namespace flowkit::app
