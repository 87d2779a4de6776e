#include <flowkit/backends/select.hpp>
#include <flowkit/core/thread_pool.hpp>
#include <flowkit/policy/policy_file.hpp>

#include <app/command.hpp>
#include <app/run_directory.hpp>

#include <algorithm>

namespace flowkit::app {
namespace {

void describe_build(const context& c) {
  json_array backends;
  std::string lines = text("flowkit ", policy::library_build(), "\nbackends:");
  const std::vector<std::string> usable = usable_backends();
  for (const std::string& name : built_backends()) {
    backends.emplace_back(name);
    lines += text("\n  ", name, ":");
    for (const precision p : precisions_of(name)) lines += text(" ", to_text(p));
    const bool runs = std::find(usable.begin(), usable.end(), name) != usable.end();
    if (!runs) lines += " (built, no device)";
  }
  lines += text("\nprocessors: ", default_thread_count(), "\n");
  c.answer(json_object{{"version", policy::library_version()},
                       {"build", policy::library_build()},
                       {"backends", std::move(backends)},
                       {"usable_backends", json_array(usable.begin(), usable.end())},
                       {"processors", default_thread_count()}},
           lines);
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

std::vector<std::string> camera_names(const policy::spec& s) {
  std::vector<std::string> out;
  for (const policy::camera& camera : s.cameras) {
    out.push_back(text(camera.name, " ", camera.height, "x", camera.width));
  }
  return out;
}

void describe_policy(const context& c, const std::string& path) {
  const policy::policy_file file(path);
  const policy::policy_manifest& m = file.manifest();
  const policy::spec& s = m.specification;
  std::string lines =
      text(path, "\n  method      ", m.method, "\n  horizon     ", s.horizon, ", observes ",
           s.observe, ", executes ", s.execute, "\n  actions     ", list(s.action),
           "\n  state       ", list(s.state), "\n  cameras     ", list(camera_names(s)), "\n");
  if (!m.origin.task.empty()) lines += text("  learnt in   ", m.origin.task, "\n");
  if (!m.origin.backend.empty()) lines += text("  computed by ", m.origin.backend, "\n");
  json_value parents(json_object{});
  for (const auto& [role, hash] : m.origin.parents) {
    parents.set(role, hash);
    lines += text("  made from   ", role, " ", hash, "\n");
  }
  c.answer(json_object{{"path", path},
                       {"method", m.method},
                       {"spec", policy::json_of(s)},
                       {"network", policy::json_of(m.network)},
                       {"parents", std::move(parents)},
                       {"task", m.origin.task},
                       {"backend", m.origin.backend},
                       {"version", m.origin.version}},
           lines);
}

}  // namespace

void info(const context& c) {
  if (c.operands.empty()) return describe_build(c);
  FLOWKIT_VALIDATE(c.operands.size() == 1, "flowkit info takes one policy file, given ",
                   c.operands.size());
  describe_policy(c, c.operands.front());
}

}  // namespace flowkit::app
