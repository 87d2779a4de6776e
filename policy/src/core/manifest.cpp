#include <flowkit/policy/manifest.hpp>

#include <cmath>

namespace flowkit::policy {

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
  FLOWKIT_VALIDATE(!m.method.empty(), "a policy without the name of its method");
}

std::string library_version() { return FLOWKIT_POLICY_VERSION; }

}  // namespace flowkit::policy
