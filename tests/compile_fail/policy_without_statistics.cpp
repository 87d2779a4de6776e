// A policy without statistics would send network units to motors.
// expect: normalizer
#include <flowkit/policy/manifest.hpp>

using namespace flowkit::policy;

int main() {
  const running_statistics none(0);
#ifdef FLOWKIT_BAD
  const policy_manifest m{.specification = {}, .network = {}};
#else
  const policy_manifest m{.specification = {},
                          .network = {},
                          .normalizers = {normalizer<action_kind>(none.result()),
                                          normalizer<state_kind>(none.result())}};
#endif
  return static_cast<int>(m.specification.horizon);
}
