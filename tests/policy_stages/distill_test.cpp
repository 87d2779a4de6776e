#include "toy_task.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;
using flowkit::testing::read_text;
using flowkit::testing::write_raw;

/// Error of a policy's chunks after one Euler step.
double one_step_error(backend& be, const std::string& policy, const demonstrations& data,
                      const std::string& folder) {
  couple_options o = toy_couple();
  o.solver = {.steps = 1};
  const std::string path = couple(be, policy, data, toy_selection(), o, folder).couplings;
  return distance_to_ways(couplings_file(path), policy_file(policy));
}

/// A base policy and its couplings, trained for a number of steps.
struct distill_start {
  explicit distill_start(index_t steps, index_t episodes = 40)
      : data(toy_data({.episodes = episodes})) {
    policy = train_base(be, data, toy_base(steps), folder / "base").policy;
    inputs = {
        .policy = policy,
        .couplings =
            couple(be, policy, data, toy_selection(), toy_couple(), folder / "couple").couplings};
  }

  backend be = one_thread();
  demonstrations data;
  temporary_directory folder;
  std::string policy;
  distill_inputs inputs;
};

TEST(Distill, OneStepOfTheStudentBeatsOneStepOfTheBase) {
  distill_start s(1000);
  s.inputs.aligned =
      align(s.be, s.policy, s.inputs.couplings, adaptive_alignment{}, s.folder / "align").aligned;

  const distill_result student = distill(s.be, s.inputs, toy_distill(600), s.folder / "sefa");

  const double before = one_step_error(s.be, s.policy, s.data, s.folder / "base1");
  const double after = one_step_error(s.be, student.policy, s.data, s.folder / "sefa1");
  // One step of the base ends between the two ways; the student must take one of them.
  EXPECT_GT(before, 0.4);
  EXPECT_LT(after, 0.5 * before);
}

TEST(Distill, KeepsTheEncoderAndSaysWhereItComesFrom) {
  distill_start s(4, 6);
  s.inputs.aligned = align(s.be, s.policy, s.inputs.couplings,
                           selective_alignment{.action_radius = 3}, s.folder / "align")
                         .aligned;

  const policy_file file(distill(s.be, s.inputs, toy_distill(5), s.folder / "sefa").policy);

  const policy_manifest& m = file.manifest();
  EXPECT_EQ(m.method, "sefa");
  EXPECT_EQ(m.inference.steps, 1);
  EXPECT_EQ(m.origin.thresholds.at("align.action_radius"), 3);
  const double accepted = summary_from_json(read_json(s.folder / "align/report.json")).acceptance();
  EXPECT_EQ(acceptance_of(m), accepted);
  EXPECT_EQ(m.origin.parents.at("data"), s.data.fingerprint());
  for (const char* role : {"policy", "couplings", "aligned", "selection"}) {
    EXPECT_EQ(m.origin.parents.at(role).size(), 64u) << role;
  }
}

TEST(Distill, AcceptanceBelongsToThePolicyNotToTheLatestAlignment) {
  distill_start s(4, 6);
  const distill_inputs generated = s.inputs;
  const std::string all = s.folder / "all";
  s.inputs.aligned = align(s.be, s.policy, s.inputs.couplings, nearest_alignment{}, all).aligned;
  const policy_file sefa(distill(s.be, s.inputs, toy_distill(3), s.folder / "sefa").policy);
  (void)align(s.be, s.policy, s.inputs.couplings, identity_alignment{}, all);

  EXPECT_EQ(acceptance_of(sefa.manifest()), 1.0);
  const policy_file reflow(distill(s.be, generated, toy_distill(3), s.folder / "reflow").policy);
  EXPECT_EQ(acceptance_of(reflow.manifest()), 0.0);
  EXPECT_FALSE(acceptance_of(policy_file(s.policy).manifest()).has_value());
}

TEST(Distill, AStudentOfAStudentSaysNothingOfItsParentsAlignment) {
  distill_start s(4, 6);
  const auto put_aside = [&](const std::string& policy, const char* name) {
    return couple(s.be, policy, s.data, toy_selection(),
                  {.part = data_part::validation, .noises = 1}, s.folder / name)
        .couplings;
  };
  s.inputs.aligned = align(s.be, s.policy, s.inputs.couplings,
                           selective_alignment{.action_radius = 3}, s.folder / "align")
                         .aligned;
  s.inputs.held_out = put_aside(s.policy, "held_out");
  const std::string parent = distill(s.be, s.inputs, toy_distill(3), s.folder / "sefa").policy;
  const std::string pairs =
      couple(s.be, parent, s.data, toy_selection(), toy_couple(), s.folder / "again").couplings;
  const auto manifest_of = [&](const std::string& aligned, const char* name) {
    const distill_inputs in{.policy = parent, .couplings = pairs, .aligned = aligned};
    return policy_file(distill(s.be, in, toy_distill(3), s.folder / name).policy).manifest();
  };
  const std::string nearest =
      align(s.be, parent, pairs, nearest_alignment{}, s.folder / "nearest").aligned;
  ASSERT_EQ(policy_file(parent).manifest().origin.parents.count("held_out"), 1u);

  const policy_manifest plain = manifest_of("", "reflow");
  const policy_manifest aligned = manifest_of(nearest, "sefa2");

  EXPECT_EQ(acceptance_of(plain), 0.0);
  for (const char* role : {"aligned", "held_out"}) {
    EXPECT_EQ(plain.origin.parents.count(role), 0u) << role;
  }
  EXPECT_EQ(plain.origin.thresholds.count("align.action_radius"), 0u);
  EXPECT_EQ(acceptance_of(aligned), 1.0);
  EXPECT_EQ(aligned.origin.thresholds.count("align.action_radius"), 0u);
}

TEST(Distill, FreezesTheEncoderThatMadeTheConditions) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 4, .side = 20});
  const temporary_directory folder;
  train_base_options o = toy_base(4);
  o.data.cameras = {"front"};
  o.data.crop = 16;
  o.fit.batch = 8;
  const std::string policy = train_base(be, data, o, folder / "base").policy;
  couple_options few = toy_couple();
  few.windows = 16;
  few.solver = {.steps = 1};
  const std::string made = couple(be, policy, data, o.data, few, folder / "couple").couplings;
  distill_options d = toy_distill(4);
  d.fit.batch = 8;

  const std::string path =
      distill(be, {.policy = policy, .couplings = made}, d, folder / "student").policy;

  const visuomotor_policy<backend> base = load_policy(be, policy);
  const visuomotor_policy<backend> student = load_policy(be, path);
  const visuomotor_field& field = base.field();
  const index_t encoder = field.layout().size() - field.velocity_layout().size();
  const auto averaged = base.values(weight_set::average);
  for (index_t i = 0; i < encoder; ++i) {
    ASSERT_EQ(student.values(weight_set::raw)(i), averaged(i));
    ASSERT_EQ(student.values(weight_set::average)(i), averaged(i));
  }
  const auto velocity = field.velocity_part(student.values(weight_set::raw));
  EXPECT_NE(velocity(0), field.velocity_part(averaged)(0));
}

TEST(Distill, ContinuesAfterStopsWithTheSameBits) {
  distill_start s(4, 6);
  s.inputs.held_out = couple(s.be, s.policy, s.data, toy_selection(),
                             {.part = data_part::validation, .noises = 1}, s.folder / "held_out")
                          .couplings;
  distill_options o = toy_distill(30);
  o.fit.keep = kept_weights::best;
  const distill_result whole = distill(s.be, s.inputs, o, s.folder / "whole");

  for (const index_t steps : {4, 11}) {
    stop_after stop(steps);
    EXPECT_EQ(distill(s.be, s.inputs, o, s.folder / "parts", stop.hooks()).end, stage_end::stopped);
  }
  const distill_result last = distill(s.be, s.inputs, o, s.folder / "parts");

  EXPECT_EQ(read_text(whole.policy), read_text(last.policy));
  EXPECT_EQ(read_text(s.folder / "whole/metrics.jsonl"),
            read_text(s.folder / "parts/metrics.jsonl"));
  EXPECT_TRUE(whole.fit.held_out_loss.has_value());
  write_raw(s.folder / "parts/best.safetensors",
            "left");  // as a kill right after the end leaves it
  EXPECT_EQ(distill(s.be, s.inputs, o, s.folder / "parts").end, stage_end::unchanged);
  EXPECT_FALSE(std::filesystem::exists(s.folder / "parts/best.safetensors"));
}

TEST(Distill, UniformTimesStraightenTheFlow) {
  distill_start s(300);
  distill_options o = toy_distill(300);
  o.times = distill_times::uniform;
  o.method = "straightened";

  const std::string path = distill(s.be, s.inputs, o, s.folder / "straighten").policy;

  const measure_options at{.data = toy_selection(), .windows = 32, .noises = 4};
  const double before = straightness(s.be, load_policy(s.be, s.policy), s.data, at).curvature;
  const double after = straightness(s.be, load_policy(s.be, path), s.data, at).curvature;
  EXPECT_LT(after, 0.7 * before);
}

TEST(Distill, RefusesFilesThatDoNotBelongTogether) {
  distill_start s(4, 6);
  couple_options seed = toy_couple();
  seed.seed = 5;
  const std::string others =
      couple(s.be, s.policy, s.data, toy_selection(), seed, s.folder / "others").couplings;
  distill_inputs aligned = s.inputs;
  aligned.aligned = align(s.be, s.policy, others, identity_alignment{}, s.folder / "a").aligned;
  distill_inputs policy = s.inputs;
  policy.policy = train_base(s.be, s.data, toy_base(3), s.folder / "other").policy;
  distill_inputs none = s.inputs;
  none.couplings = s.folder / "nothing";
  const auto message = [&](const distill_inputs& in) {
    return message_of<error>([&] { (void)distill(s.be, in, toy_distill(3), s.folder / "d"); });
  };

  EXPECT_NE(message(aligned).find("other couplings"), std::string::npos);
  EXPECT_NE(message(policy).find("not generated with the policy"), std::string::npos);
  EXPECT_NE(message(none).find("nothing"), std::string::npos);
}

}  // namespace
}  // namespace flowkit::policy
