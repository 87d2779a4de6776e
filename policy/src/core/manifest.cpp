#include "core/build_digest.hpp"

#include <flowkit/policy/manifest.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy {
namespace {

/// Names of methods become names of folders, and files from outside bring them along.
bool usable_name(const std::string& name) {
  constexpr std::size_t longest = 64;
  const auto usable = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), usable);
}

}  // namespace

void validate(const inference_options& o) {
  constexpr index_t most_steps = 100'000;
  FLOWKIT_VALIDATE(o.steps >= 1 && o.steps <= most_steps, "inference with ", o.steps,
                   " steps: they must lie in 1 .. ", most_steps);
  FLOWKIT_VALIDATE(o.tolerance > 0 && o.tolerance < 1, "inference with tolerance ", o.tolerance,
                   ": it must lie between 0 and 1");
  FLOWKIT_VALIDATE(o.epsilon >= 0 && o.epsilon < 1, "inference that begins at time ", o.epsilon,
                   ": it must lie in [0, 1)");
}

void validate(const policy_manifest& m) {
  validate(m.specification);
  validate(m.network, m.specification);
  validate(m.inference);
  FLOWKIT_VALIDATE(m.normalizers.action.size() == m.specification.action_size(), "statistics of ",
                   m.normalizers.action.size(), " action dimensions do not fit a spec that names ",
                   m.specification.action_size());
  FLOWKIT_VALIDATE(m.normalizers.state.size() == m.specification.state_size(), "statistics of ",
                   m.normalizers.state.size(), " state dimensions do not fit a spec that names ",
                   m.specification.state_size());
  FLOWKIT_VALIDATE(usable_name(m.method), "a policy whose method is called ",
                   to_json(json_value(m.method.substr(0, 80))),
                   ": use 1 to 64 letters, digits, '_', '-' and '.', the first not a '.'");
}

std::string library_version() { return FLOWKIT_POLICY_VERSION; }
std::string library_build() { return text(library_version(), "+", detail::build_digest()); }

}  // namespace flowkit::policy
