#include <flowkit/core/thread_pool.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/policy_file.hpp>

#include <app/options.hpp>
#include <app/provenance.hpp>
#include <app/run_directory.hpp>

#include <filesystem>
#include <fstream>

namespace flowkit::app {
namespace {

#if defined(__clang__)
constexpr std::string_view compiler = __VERSION__;  // says so
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

/// Model of the processor, as Linux names it.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

/// What computed: by default the policy's own record, which names what trained it.
std::string trained_by(const context& c) {
  const std::string path = c / "base/policy.safetensors";
  if (!std::filesystem::exists(path)) return {};
  return policy::policy_file(path).manifest().origin.backend;
}

/// Notes which options a stage was made with that are not `now`, by the record in its folder.
void note_differences(const context& c, const std::string& stage, const json_value& now,
                      std::vector<policy::named_text>& out) {
  const std::string path = text(c / stage, "/stage.json");
  if (!std::filesystem::exists(path)) return;
  const json_value document = read_json(path);
  const json_value* const was = document.find("options");
  if (was == nullptr || !was->is_object()) return;
  std::string names;
  for (const json_member& m : now.as_object()) {
    const json_value* const before = was->find(m.name);
    if (before == nullptr || to_json(*before) == to_json(m.value)) continue;
    names += text(names.empty() ? "other " : ", ", m.name);
  }
  if (!names.empty()) out.push_back({stage, names});
}

}  // namespace

std::vector<policy::named_text> provenance_of(const context& c) {
  std::vector<policy::named_text> out{{"flowkit", policy::library_build()},
                                      {"compiler", std::string(compiler)},
                                      {"processor", processor_name()},
                                      {"processors", text(default_thread_count())},
                                      {"threads", text(threads_of(c))},
                                      {"backend", backend_of(c)},
                                      {"precision", c.values.string("precision")},
                                      {"seed", text(c.values.integer("seed"))}};
  const std::string trained = trained_by(c);
  if (!trained.empty()) out.push_back({"trained by", trained});
  for (const std::string_view method : {"base", "reflow", "sefa"}) {
    const std::string path = c / text(method, "/policy.safetensors");
    if (std::filesystem::exists(path)) {
      out.push_back({text("SHA-256 of ", method), sha256_of_file(path)});
    }
  }
  return out;
}

std::vector<policy::named_text> differences_of(const context& c) {
  const policy::learn_options o = learn_options_of(c.values);
  std::vector<policy::named_text> out;
  if (c.values.string("data").empty()) {
    note_differences(c, "collect", c.values.section("collect"), out);
  }
  note_differences(c, "base",
                   json_object{{"fit", json_of(o.base.fit)},
                               {"selection", json_of(o.base.data)},
                               {"network", json_of(o.base.network)}},
                   out);
  note_differences(c, "couple",
                   json_object{{"noises", o.couple.noises}, {"windows", o.couple.windows}}, out);
  note_differences(c, "straighten", json_object{{"fit", json_of(o.straighten)}}, out);
  for (const char* student : {"reflow", "sefa"}) {
    note_differences(c, student, json_object{{"fit", json_of(o.distill.fit)}}, out);
  }
  return out;
}

}  // namespace flowkit::app
