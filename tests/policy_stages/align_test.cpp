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
  EXPECT_LT(modes.share(modes.switched), 0.05);
  ASSERT_EQ(modes.mode, (std::vector<std::int32_t>{0, 1}));
  // 32 episodes of alternating ways, some put aside; the flow may prefer one a little.
  EXPECT_NEAR(modes.share(modes.before[0]), 0.5, 0.15);
  EXPECT_NEAR(modes.share(modes.after[0]), modes.share(modes.before[0]), 0.05);
  // All episodes have a mode, so every pair is counted once per column.
  EXPECT_EQ(modes.counted, v.size());
  for (const auto* column : {&modes.experts, &modes.before, &modes.after}) {
    EXPECT_EQ((*column)[0] + (*column)[1], v.size());
  }
  index_t of_first = 0;
  for (const std::int32_t w : v.window) of_first += v.mode[static_cast<std::size_t>(w)] == 0;
  EXPECT_EQ(modes.experts[0], of_first);
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
  // Sideways actions are some 30 units to either side: a radius of 30 takes in the chunks of one's
  // own way, 0.001 none. In normalised units, where all lies in [-1, 1], 30 would take in both
  // ways.
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
  const align_result pulled = run(adaptive_alignment{.move = alignment_move::pull}, "pull");
  const align_result replaced = run(adaptive_alignment{}, "hard");

  const couplings_file file(couplings);
  const alignment_file hard(replaced.aligned);
  const alignment_file soft(pulled.aligned);
  ASSERT_GT(pulled.summary.replaced, 0);
  for (std::size_t i = 0; i < soft.reason().size(); ++i) {
    double along = 0;  // <pulled - generated, expert - generated>
    double whole = 0;  // |expert - generated|^2
    double moved = 0;  // |pulled - generated|^2
    for (std::size_t j = 16 * i; j < 16 * (i + 1); ++j) {
      const double from = file.numbers().end_points[j];
      const double way = hard.end_points()[j] - from;
      const double step = soft.end_points()[j] - from;
      along += step * way;
      whole += way * way;
      moved += step * step;
    }
    // Inside the radius the share 2^-(d/r)^2 lies in [1/2, 1]; outside nothing moves, and `whole`
    // is 0. The slack is float rounding of end points of size 1.
    EXPECT_GE(along, 0.5 * whole - 1e-5) << "pair " << i;
    EXPECT_LE(along, whole + 1e-5) << "pair " << i;
    EXPECT_NEAR(along * along, moved * whole, 1e-4 * (1 + whole * whole)) << "pair " << i;
  }
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

  const std::vector<alignment_summary> own = sweep_alignment(
      be, policy, couplings, selective_sweep(radii, {.search = alignment_search::own_window}));
  EXPECT_EQ(own[2].settings.at("search").as_string(), "own_window");
  EXPECT_EQ(own.back().replaced_by_other_window, 0);
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
