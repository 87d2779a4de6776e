#include <app/run_directory.hpp>

#include <flowkit/core/thread_pool.hpp>
#include <flowkit/policy/report/run_info.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace flowkit::app {
namespace {

namespace fs = std::filesystem;

/// Policies that are there, for messages.
std::string policies_in(const std::string& folder) {
  std::string out;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
    if (!fs::exists(entry.path() / "policy.safetensors", failure)) continue;
    out += text(out.empty() ? "" : ", ", entry.path().filename().string());
  }
  return out.empty() ? "none" : out;
}

}  // namespace

policy::stage_hooks hooks_of(const context& c) {
  policy::stage_hooks out{.display = c.display(), .stop = c.stop};
  out.on_begin = [&c] { remember_settings(c); };
  return out;
}

std::string required(const context& c, std::string_view name, std::string_view command) {
  std::string path = c / name;
  FLOWKIT_VALIDATE(fs::exists(path), "there is no '", path, "' yet: make it with flowkit ", command,
                   " --run ", c.folder);
  return path;
}

std::string demonstrations_path(const context& c) {
  const std::string& own = c.values.string("data");
  return own.empty() ? required(c, "collect/demonstrations.zarr", "collect") : own;
}

std::string policy_path(const context& c, std::string_view method) {
  const std::string name = text(method, "/policy.safetensors");
  if (method == "base") return required(c, name, "train");
  if (method == "straighten") return required(c, name, "couple");
  if (method == "reflow" || method == "sefa") return required(c, name, "distill");
  FLOWKIT_VALIDATE(fs::exists(c / name), "there is no policy '", method, "' in ", c.folder,
                   ", which has: ", policies_in(c.folder));
  return c / name;
}

std::string couplings_name(const context& c) {
  const bool two = c.values.integer("run.rounds") == 2;
  return text(two ? "couple_2" : "couple", "/couplings.safetensors");
}

std::string_view coupled_policy(const context& c) {
  return c.values.integer("run.rounds") == 2 ? "straighten" : "base";
}

void note_stage(const context& c, std::string_view stage, policy::stage_end end, double seconds) {
  if (end == policy::stage_end::stopped) throw interrupted();
  if (end == policy::stage_end::unchanged) {
    c.say(text(stage, ": unchanged, skipped"));
    return;
  }
  char rounded[32];
  std::snprintf(rounded, sizeof rounded, "%.1f", seconds);
  c.say(text(stage, ": done in ", rounded, " s"));
  change_run_info(c, [&](policy::run_info& info) {
    const auto known = std::find_if(info.stages.begin(), info.stages.end(),
                                    [&](const policy::stage_time& t) { return t.stage == stage; });
    if (known == info.stages.end()) {
      info.stages.push_back({std::string(stage), seconds});
    } else {
      known->seconds = seconds;
    }
    return true;
  });
}

std::string backend_of(const context& c) {
  const std::string& name = c.values.string("backend");
  return name.empty() || name == "auto" ? std::string(built_backends().front()) : name;
}

std::string computes(const context& c) {
  const std::string& format = c.values.string("precision");
  return format == to_text(precision::f32) ? backend_of(c) : text(backend_of(c), " ", format);
}

std::vector<precision> precisions_of(std::string_view backend) {
  if (backend == "cuda") return {precision::f32, precision::tf32, precision::bf16};
  if (backend == "onednn") return {precision::f32, precision::bf16};
  return {precision::f32};
}

precision precision_of(const context& c) {
  const std::string& wanted = c.values.string("precision");
  const std::string backend = backend_of(c);
  const std::vector<std::string> built = built_backends();
  if (std::count(built.begin(), built.end(), backend) == 0) detail::refuse_backend(backend);
  std::string possible;
  for (const std::string& other : built) {
    for (const precision p : precisions_of(other)) {
      if (to_text(p) != wanted) continue;
      if (other == backend) return p;
      possible += text("--backend ", other, ", ");
    }
  }
  std::string own;
  for (const precision p : precisions_of(backend)) {
    own += text(own.empty() ? "" : " or ", "--precision ", to_text(p));
  }
  throw invalid_input(text("the backend ", backend, " does not multiply in ", wanted, ": choose ",
                           possible, possible.empty() ? "" : "or ", own));
}

std::unique_ptr<policy::policy_runtime> open_policy(const context& c, const std::string& path) {
  return policy::open_policy(path, {.backend = c.values.string("backend"),
                                    .threads = static_cast<int>(c.values.integer("threads")),
                                    .precision = precision_of(c)});
}

int threads_of(const context& c) {
  const auto asked = static_cast<int>(c.values.integer("threads"));
  return asked > 0 ? asked : default_thread_count();
}

}  // namespace flowkit::app
