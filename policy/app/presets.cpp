#include <app/options.hpp>
#include <app/table.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

struct assignment {
  std::string_view name;
  json_value value;
};

/// What a preset says beside the library's: how many demonstrations, how thorough the evaluation.
/// The library's quick steps suffice for the easiest task; a task with two ways needs these. Five
/// things that move ask for more demonstrations than one: with 100 instead of 300 the base flow
/// solves two_cubes half as often. Of 100 demonstrations 20 are put aside. The paper trains on 45
/// of 50; one less leaves the 6 with which methods can be told apart at all.
std::vector<assignment> beside_learning(std::string_view preset) {
  if (preset == "quick") {
    return {{"collect.demonstrations", 100}, {"train.steps", 2000},
            {"couple.windows", 3000},        {"distill.steps", 1200},
            {"collect.images", true},        {"collect.cameras", "front"},
            {"evaluate.episodes", 100},      {"evaluate.windows", 128},
            {"evaluate.latency_chunks", 30}};
  }
  if (preset == "standard") {
    return {{"collect.demonstrations", 300}, {"evaluate.episodes", 300}};
  }
  return {{"collect.demonstrations", 50},
          {"policy.validation", 0.12},
          {"evaluate.episodes", 100},
          {"run.rounds", 2}};
}

}  // namespace

void apply_preset(policy::settings& values, std::string_view name) {
  const std::vector<std::string> names = policy::learning_preset_names();
  FLOWKIT_VALIDATE(std::count(names.begin(), names.end(), name) > 0, "there is no preset '", name,
                   "', only: ", preset_names(), policy::suggestion(name, names));
  store(values, policy::learning_preset(name));
  for (assignment& a : beside_learning(name)) values.set(a.name, std::move(a.value));
}

std::string preset_names() {
  std::string out;
  for (const std::string& name : policy::learning_preset_names()) {
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

}  // namespace flowkit::app
