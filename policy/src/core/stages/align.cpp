#include "core/stages/align_body.hpp"

namespace flowkit::policy::detail {

normalizer<action_kind> action_normalizer(const policy_file& policy,
                                          const couplings_file& couplings) {
  FLOWKIT_VALIDATE(sha256_of_file(policy.path()) == couplings.header().policy, "the couplings in ",
                   couplings.path(), " were not generated with the policy ", policy.path(),
                   ": give the policy file they were made with, unchanged");
  expect_equal(policy.manifest().specification, couplings.header().specification,
               "the couplings do not fit the policy");
  return policy.manifest().normalizers.action;
}

json_value options_of(const alignment_rule& rule, std::string_view backend) {
  return json_object{{"backend", backend}, {"rule", json_of(rule)}};
}

result_key key_of(const alignment_rule& rule, std::string_view backend,
                  const std::string& couplings) {
  return {
      .name = "align", .options = options_of(rule, backend), .hashes = {{"couplings", couplings}}};
}

}  // namespace flowkit::policy::detail
