#include <flowkit/backends/select.hpp>
#include <flowkit/policy/runtime.hpp>

#include "policy/example_policy.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::policy {
namespace {

using flowkit::testing::message_of;
using flowkit::testing::temporary_directory;
using testing::example_manifest;
using testing::example_spec;
using ::testing::HasSubstr;

std::vector<float> acts(controller& robot) {
  robot.observe(testing::seen({0.1F, -0.4F, 0.9F}));
  const action_plan plan = robot.act();
  const auto all = plan.predicted.numbers();
  return {all.data(), all.data() + all.size()};
}

// What is behind the interface computes what the template does, bit for bit.
TEST(policy_runtime, acts_as_the_controller_of_its_backend) {
  eigen<float> be;
  const visuomotor_policy<eigen<float>> p(be, example_manifest(example_spec()), rng_key{5});
  receding_horizon<eigen<float>> expected(be, p, {.seed = 8});
  const auto runtime =
      untrained_policy(example_manifest(example_spec()), rng_key{5}, {.backend = "eigen"});

  EXPECT_EQ(acts(*runtime->control({.seed = 8})), acts(expected));
  EXPECT_EQ(runtime->backend(), "eigen");
}

TEST(policy_runtime, survives_its_file_on_every_backend) {
  const temporary_directory folder;
  const std::string path = folder / "p.safetensors";
  for (const std::string& name : usable_backends()) {
    const auto before =
        untrained_policy(example_manifest(example_spec()), rng_key{5}, {.backend = name});
    before->save(path);

    EXPECT_EQ(acts(*open_policy(path, {.backend = name})->control()), acts(*before->control()));
  }
}

// A policy acts the same on any number of threads: which of them run a loop is a matter of time.
TEST(policy_runtime, does_not_depend_on_threads) {
  policy_manifest m = example_manifest(example_spec());
  m.network = network_preset("small");
  for (const std::string& name : usable_backends()) {
    const auto with = [&](int threads) {
      const auto p = untrained_policy(m, rng_key{5}, {.backend = name, .threads = threads});
      return acts(*p->control({.inference = inference_options{.steps = 3}}));
    };

    EXPECT_EQ(with(1), with(2)) << name;
    EXPECT_EQ(with(1), with(3)) << name;
  }
}

TEST(policy_runtime, computes_in_the_precision_asked_for_or_says_no) {
  const policy_manifest m = example_manifest(example_spec());
  EXPECT_THROW(
      (void)untrained_policy(m, rng_key{5}, {.backend = "eigen", .precision = precision::bf16}),
      backend_error);
  for (const std::string& name : usable_backends()) {
    if (name == "eigen") continue;
    const auto rounded =
        untrained_policy(m, rng_key{5}, {.backend = name, .precision = precision::bf16});
    EXPECT_FALSE(acts(*rounded->control()).empty());
  }
}

TEST(policy_runtime, says_what_is_wrong) {
  const policy_manifest m = example_manifest(example_spec());
  EXPECT_THAT(message_of<invalid_input>(
                  [&] { (void)untrained_policy(m, rng_key{5}, {.backend = "abacus"}); }),
              HasSubstr("abacus"));
  EXPECT_THROW((void)open_policy("missing.safetensors"), file_error);
}

}  // namespace
}  // namespace flowkit::policy
