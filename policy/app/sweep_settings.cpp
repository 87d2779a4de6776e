#include <flowkit/policy/data/demonstrations.hpp>

#include <app/differences.hpp>
#include <app/options.hpp>
#include <app/records.hpp>
#include <app/run_directory.hpp>
#include <app/sweep_settings.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

/// Options of a stage without what is swept and what changes no result.
json_value without_volatile(json_value options) {
  if (const json_value* const selection = options.find("selection")) {
    json_value rest = *selection;
    options.set("selection", std::move(rest.set("episodes", 0)));  // what is swept
  }
  if (options.find("block") != nullptr) options.set("block", 0);
  if (const json_value* const fit = options.find("fit")) {
    json_value rest = *fit;
    options.set("fit", std::move(rest.set("log_every", 0).set("checkpoint_every", 0)));
  }
  return options;
}

/// By the folder of the stage.
json_value common_options(const context& c) {
  json_value out(json_object{{"run", json_object{{"rounds", c.values.integer("run.rounds")}}},
                             {"evaluation/", evaluate_options(c)}});
  try {
    out.set("data", policy::demonstrations(demonstrations_path(c)).fingerprint());
  } catch (const error&) {  // the rest can be compared; the report says what is wrong with them
  }
  for (const policy::stage_options& s :
       policy::options_of_stages(learn_options_of(c.values), computes(c))) {
    out.set(s.folder, without_volatile(s.options));
  }
  return out;
}

/// The stages that are made under `some` settings and not under `others`, but for the student for
/// comparison, without which the other curves are the same.
std::string stages_without(const json_value& some, const json_value& others) {
  std::string out;
  for (const json_member& part : some.as_object()) {
    const bool optional = part.name == "data" || part.name == "run" || part.name == "reflow";
    if (optional || others.find(part.name) != nullptr) continue;
    out += text(out.empty() ? "" : ", ", part.name);
  }
  return out;
}

std::string change_of(const std::string& part, const json_value& was, const json_value& now) {
  if (part != "data") return changes_in(part, was, now);
  return to_json(was) == to_json(now) ? "" : "the demonstrations are others now";
}

}  // namespace

std::string settings_of_sweep(const context& c) { return to_json(common_options(c)); }

std::string changes_since_sweep(const context& c, std::string_view settings) {
  const json_value was = parse_json(settings);
  const json_value now = common_options(c);
  std::vector<std::string> lines;
  const auto add = [&lines](std::string_view what, std::string line) {
    line.insert(0, line.empty() ? "" : what);
    const bool said = std::find(lines.begin(), lines.end(), line) != lines.end();
    if (!line.empty() && !said) lines.push_back(std::move(line));
  };
  for (const json_member& part : now.as_object()) {
    const json_value* const before = was.find(part.name);
    if (before != nullptr) add("", change_of(part.name, *before, part.value));
  }
  add("stages that it lacks: ", stages_without(now, was));
  add("stages that are no longer made: ", stages_without(was, now));
  std::string all;
  for (const std::string& line : lines) all += text(all.empty() ? "" : "; ", line);
  return all;
}

}  // namespace flowkit::app
