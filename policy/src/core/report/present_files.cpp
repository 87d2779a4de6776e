#include "core/report/present_files.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/report/run_record.hpp>
#include <flowkit/policy/run/toml.hpp>

#include <algorithm>
#include <span>

namespace flowkit::policy::detail {
namespace {

namespace fs = std::filesystem;

/// An input of a stage by the role it has in stage.json.
struct input_kind {
  std::string_view role;
  std::string_view file;
  std::string_view called;
};

constexpr std::string_view policy_file = "policy.safetensors";
constexpr input_kind kinds[] = {
    {"policy", policy_file, "a policy"},
    {"straighten", policy_file, "a policy"},
    {"couplings", "couplings.safetensors", "couplings"},
    {"held_out", "couplings.safetensors", "held-out couplings"},
    {"aligned", "aligned.safetensors", "aligned couplings"},
};

/// What lies in folders of other names came from elsewhere, with inputs that were never here.
constexpr std::string_view own_stages[] = {"base",     "couple",     "held_out", "straighten",
                                           "couple_2", "held_out_2", "align",    "reflow",
                                           "sefa",     "flow"};
/// Those that go on from the last round, whichever that is.
constexpr std::string_view last_stages[] = {"align", "reflow", "sefa"};

bool is_one_of(std::string_view name, std::span<const std::string_view> all) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// The stage of a run in so many rounds that makes an input of another one.
std::string_view maker_of(std::string_view role, std::string_view stage, index_t rounds) {
  if (role == "aligned") return "align";
  if (role == "straighten") return "straighten";
  const bool second = stage.ends_with("_2") || (rounds == 2 && is_one_of(stage, last_stages));
  if (role == "couplings") return second ? "couple_2" : "couple";
  if (role == "held_out") return second ? "held_out_2" : "held_out";
  return second ? "straighten" : "base";
}

/// As the configuration says; else by what is there.
index_t rounds_of(const fs::path& run) {
  std::error_code ignored;
  const index_t present = fs::is_directory(run / "straighten", ignored) ? 2 : 1;
  const fs::path configuration = run / run_files::configuration;
  if (!fs::is_regular_file(configuration, ignored)) return present;
  try {
    for (const toml_entry& e : read_toml(configuration.string())) {
      if (e.key == "run.rounds" && e.value.is_integer()) return e.value.as_integer();
    }
  } catch (const error&) {  // the page shows the file as it is
  }
  return present;
}

/// Hash of an input of a stage; empty if its record does not say.
std::string input_of(const json_value& record, std::string_view role) {
  const json_value* const inputs = record.is_object() ? record.find("inputs") : nullptr;
  if (inputs == nullptr || !inputs->is_object()) return {};
  const json_value* const hash = inputs->find(role);
  return hash != nullptr && hash->is_string() ? hash->as_string() : std::string();
}

/// stage.json of a stage; null if there is none that can be read.
json_value record_of(const fs::path& stage) {
  std::error_code ignored;
  const fs::path record = stage / "stage.json";
  if (!fs::is_regular_file(record, ignored)) return {};
  try {
    return read_json(record.string());
  } catch (const error&) {
    return {};
  }
}

}  // namespace

present_files::present_files(const fs::path& run, const std::vector<fs::path>& stages)
    : rounds_(rounds_of(run)) {
  std::error_code ignored;
  for (const fs::path& stage : stages) {
    for (const std::string_view name : {policy_file, std::string_view("couplings.safetensors"),
                                        std::string_view("aligned.safetensors")}) {
      const fs::path file = stage / name;
      if (!fs::is_regular_file(file, ignored)) continue;
      try {
        files_[std::string(name)].push_back({stage, sha256_of_file(file.string())});
      } catch (const file_error& problem) {
        problems_.emplace_back(problem.what());
      }
    }
  }
}

const std::vector<present_files::holder>& present_files::named(std::string_view file) const {
  static const std::vector<holder> none;
  const auto found = files_.find(file);
  return found == files_.end() ? none : found->second;
}

bool present_files::holds_policy(std::string_view hash) const {
  const std::vector<holder>& all = named(policy_file);
  return std::any_of(all.begin(), all.end(), [&](const holder& h) { return h.hash == hash; });
}

bool present_files::has(const fs::path& stage, std::string_view file) const {
  const std::vector<holder>& all = named(file);
  return std::any_of(all.begin(), all.end(),
                     [&](const holder& h) { return h.stage.filename() == stage; });
}

std::string present_files::policy_of(const fs::path& stage) const {
  for (const holder& h : named(policy_file)) {
    if (h.stage == stage) return h.hash;
  }
  return {};
}

std::string present_files::objection(const evaluation_result& result) const {
  if (!has(result.method, policy_file)) return {};
  if (result.policy_hash.empty() || holds_policy(result.policy_hash)) return {};
  return text("is left out: it measured another policy than ", result.method,
              "/policy.safetensors is now; evaluate again");
}

std::string present_files::objection(const sweep_record& sweep) const {
  if (!has(maker_of("policy", "align", rounds_), policy_file)) return {};
  if (sweep.policy.empty() || holds_policy(sweep.policy)) return {};
  return "is left out: it is about a policy that this run no longer holds; sweep again";
}

std::string present_files::objection(const fs::path& stage) const {
  constexpr int longest_chain = 8;  // a damaged record may name itself
  return objection(stage, longest_chain);
}

std::string present_files::objection(const fs::path& stage, int depth) const {
  const std::string name = stage.filename().string();
  if (!is_one_of(name, own_stages)) return {};
  const json_value record = record_of(stage);
  for (const input_kind& kind : kinds) {
    const std::string hash = input_of(record, kind.role);
    const std::vector<holder>& all = named(kind.file);
    if (hash.empty()) continue;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const holder& h) { return h.hash == hash; });
    if (found == all.end()) {
      // A file that is gone, to save space, leaves open what it was.
      if (!has(maker_of(kind.role, name, rounds_), kind.file)) continue;
      return text("was made from ", kind.called,
                  " that this run no longer holds; run that stage again");
    }
    if (found->stage == stage || depth == 0) continue;
    if (!objection(found->stage, depth - 1).empty()) {
      return text("was made from ", kind.called, " of ", found->stage.filename().string(),
                  ", whose own inputs this run no longer holds; run those stages again");
    }
  }
  return {};
}

}  // namespace flowkit::policy::detail
