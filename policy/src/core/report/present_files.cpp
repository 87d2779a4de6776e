#include "core/report/present_policies.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/sha256.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

namespace fs = std::filesystem;

/// The hash of the policy that a stage was made from; empty if its record does not say.
std::string parent_of(const fs::path& stage) {
  std::error_code ignored;
  const fs::path record = stage / "stage.json";
  if (!fs::is_regular_file(record, ignored)) return {};
  try {
    const json_value document = read_json(record.string());
    return document.at("inputs").at("policy").as_string();
  } catch (const error&) {
    return {};
  }
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

present_policies::present_policies(const std::vector<fs::path>& stages) {
  std::error_code ignored;
  for (const fs::path& stage : stages) {
    const fs::path policy = stage / "policy.safetensors";
    if (!fs::is_regular_file(policy, ignored)) continue;
    stages_.push_back(stage.filename().string());
    hashes_.push_back(sha256_of_file(policy.string()));
  }
}

std::string present_policies::objection(const evaluation_result& result) const {
  const bool held = contains(stages_, result.method);
  if (!held || result.policy_hash.empty() || contains(hashes_, result.policy_hash)) return {};
  return text("is left out: it measured another policy than ", result.method,
              "/policy.safetensors is now; evaluate again");
}

std::string present_policies::objection(const sweep_record& sweep) const {
  if (stages_.empty() || sweep.policy.empty() || contains(hashes_, sweep.policy)) return {};
  return "is left out: it is about a policy that this run no longer holds; sweep again";
}

std::string present_policies::objection(const fs::path& stage) const {
  const std::string parent = parent_of(stage);
  if (stages_.empty() || parent.empty() || contains(hashes_, parent)) return {};
  return "was made from a policy that this run no longer holds; run that stage again";
}

}  // namespace flowkit::policy::detail
