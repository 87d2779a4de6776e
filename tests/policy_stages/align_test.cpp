#include "toy_task.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;
using flowkit::testing::read_text;

/// Couplings of a policy that has learnt both ways.
class Align : public ::testing::Test {
 protected:
  align_result run(const alignment_rule& rule, const char* name) {
    return align(be, policy, couplings, rule, folder / name);
  }

  backend be = one_thread();
  demonstrations data = toy_data();
  temporary_directory folder;
  std::string policy = train_base(be, data, toy_base(300), folder / "base").policy;
  std::string couplings =
      couple(be, policy, data, toy_selection(), toy_couple(), folder / "couple").couplings;
};

TEST_F(Align, IdentityKeepsEveryBit) {
  const align_result result = run(identity_alignment{}, "identity");

  const alignment_file aligned(result.aligned);
  const couplings_file file(couplings);
  EXPECT_TRUE(std::equal(aligned.end_points().begin(), aligned.end_points().end(),
                         file.numbers().end_points.begin(), file.numbers().end_points.end()));
  EXPECT_EQ(result.summary.replaced, 0);
  EXPECT_EQ(result.summary.rule, "identity");
  EXPECT_EQ(parse_json(read_text(folder / "identity/report.json")).at("pairs").as_integer(),
            file.numbers().size());
}

TEST_F(Align, AdaptiveMovesNearChunksAndKeepsTheWays) {
  const align_result result = run(adaptive_alignment{}, "adaptive");

  const couplings_file file(couplings);
  const couplings_view& v = file.numbers();
  const alignment_file aligned(result.aligned);
  ASSERT_TRUE(result.summary.modes.has_value());
  const mode_balance& modes = *result.summary.modes;
  EXPECT_GT(result.summary.acceptance(), 0.2);
  // A chunk between the two ways, of which an imperfect flow makes a few, has no way to keep.
  EXPECT_LT(modes.switched, 0.05);
  ASSERT_EQ(modes.mode, (std::vector<std::int32_t>{0, 1}));
  // 32 episodes of alternating ways, some put aside; the flow may prefer one a little.
  EXPECT_NEAR(modes.before[0], 0.5, 0.15);
  EXPECT_NEAR(modes.after[0], modes.before[0], 0.05);
  for (std::size_t i = 0; i < aligned.reason().size(); ++i) {
    const bool replaced =
        aligned.reason()[i] == static_cast<std::uint8_t>(alignment_reason::replaced);
    const auto row = static_cast<std::size_t>(replaced ? aligned.window()[i] : 0);
    const auto wanted =
        replaced ? v.experts.subspan(row * 16, 16) : v.end_points.subspan(i * 16, 16);
    EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(),
                           aligned.end_points().begin() + static_cast<std::ptrdiff_t>(i * 16)));
  }
}

TEST_F(Align, RadiiAreInPhysicalUnits) {
  // Sideways actions are some 40 units: a radius of 40 takes in every chunk of one's own way, 0.001
  // none. In normalised units, where all lies in [-1, 1], 40 would take in both ways.
  const align_result wide = run(selective_alignment{.action_radius = 30}, "wide");
  const align_result narrow = run(selective_alignment{.action_radius = 1e-3}, "narrow");

  EXPECT_GT(wide.summary.acceptance(), 0.2);
  EXPECT_LT(wide.summary.acceptance(), 0.8);
  EXPECT_EQ(narrow.summary.replaced, 0);
  EXPECT_GT(wide.summary.before.mean, 10);
}

TEST_F(Align, NearestReplacesEverythingByExperts) {
  const align_result result = run(nearest_alignment{}, "nearest");

  EXPECT_EQ(result.summary.replaced, result.summary.pairs);
}

TEST_F(Align, PulledChunksMovePartOfTheWay) {
  const align_result result = run(adaptive_alignment{.move = alignment_move::pull}, "pull");

  EXPECT_GT(result.summary.replaced, 0);
  EXPECT_NE(read_text(result.aligned), read_text(run(adaptive_alignment{}, "hard").aligned));
}

TEST_F(Align, SweepSaysWhatEachRuleWouldDo) {
  const std::vector<double> radii{0.0, 4.0, 12.0, 1000.0};
  const std::vector<alignment_rule> rules = selective_sweep(radii);

  const std::vector<alignment_summary> all = sweep_alignment(be, policy, couplings, rules);

  ASSERT_EQ(all.size(), rules.size());
  EXPECT_EQ(all[0].replaced, 0);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i].replaced, all[i - 1].replaced);
  EXPECT_EQ(all[2].replaced, run(selective_alignment{.action_radius = 12}, "one").summary.replaced);
  EXPECT_EQ(all.back().acceptance(), 1.0);
}

TEST_F(Align, ASecondCallFindsEqualResults) {
  const align_result first = run(adaptive_alignment{}, "align");
  const align_result again = run(adaptive_alignment{}, "align");
  const align_result other = run(adaptive_alignment{.scale = 2}, "align");

  EXPECT_EQ(again.end, stage_end::unchanged);
  EXPECT_EQ(to_json(json_of(again.summary)), to_json(json_of(first.summary)));
  EXPECT_EQ(other.end, stage_end::finished);
}

TEST_F(Align, RefusesCouplingsOfAnotherPolicy) {
  const std::string other = quick_policy(be, data, folder / "other");

  const std::string message = message_of<invalid_input>(
      [&] { (void)align(be, other, couplings, identity_alignment{}, folder / "align"); });

  EXPECT_NE(message.find("not generated with the policy"), std::string::npos);
}

TEST(AlignmentRule, IsFoundByName) {
  for (const char* name : {"identity", "nearest", "selective", "adaptive"}) {
    EXPECT_EQ(name_of(rule_from_text(name)), name);
    EXPECT_EQ(json_of(rule_from_text(name)).at("rule").as_string(), name);
  }
  EXPECT_THROW((void)rule_from_text("closest"), invalid_input);
  const auto thresholds = thresholds_of(json_of(alignment_rule(selective_alignment{})));
  EXPECT_EQ(thresholds.at("align.action_radius"), 0.1);
}

}  // namespace
}  // namespace flowkit::policy
