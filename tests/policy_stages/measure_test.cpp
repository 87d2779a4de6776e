#include "../../policy/src/core/stages/measuring.hpp"
#include "toy_task.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

measure_options few() { return {.data = toy_selection(), .windows = 24, .noises = 3}; }

TEST(Measure, DistancesAreMeansOverStepsOfActionDistances) {
  // One window, two noises, four steps of two dimensions; the expert stands still at 0. The first
  // chunk is off by (3, 4) at every step, the second by (0, 1) at the executed steps 1 and 2 alone.
  const spec s{.horizon = 4, .observe = 2, .execute = 2, .action = {"x", "y"}, .state = {"s"}};
  const std::vector<float> expert(8, 0.0F);
  const std::vector<float> generated{3, 4, 3, 4, 3, 4, 3, 4, 0, 0, 0, 1, 0, 1, 0, 0};
  chunk_distance d{.windows = 1};

  detail::fill_distances(d, s, expert, generated, 2);

  EXPECT_DOUBLE_EQ(d.mean, (5.0 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(d.executed, (5.0 + 1.0) / 2);
  ASSERT_EQ(d.by_window.size(), 1u);
  EXPECT_DOUBLE_EQ(d.by_window[0], d.mean);
  // Both chunks are half their difference from their mean: 5 / 2 at the outer steps, |(3, 3)| / 2
  // at the inner ones. Floats hold the means exactly.
  EXPECT_NEAR(d.spread, (2.5 + std::sqrt(18.0) / 2) / 2, 1e-12);
}

TEST(Measure, ActionsThatAreNotFiniteAreThePolicysFault) {
  const spec s{.horizon = 1, .observe = 1, .execute = 1, .action = {"x"}, .state = {"s"}};
  const std::vector<float> experts{0, 0};
  chunk_distance d{.windows = 2};

  EXPECT_THAT(message_of<invalid_input>([&] {
                detail::fill_distances(d, s, experts, std::vector<float>{1, 2, NAN, 3}, 2);
              }),
              AllOf(HasSubstr("the policy generates actions of nan"), HasSubstr("window 1")));
}

TEST(Measure, OneStepOfTheBaseGoesToTheMiddleOfTwoWays) {
  backend be = one_thread();
  const demonstrations data = toy_data();
  const temporary_directory folder;
  const std::string path = train_base(be, data, toy_base(800), folder / "base").policy;

  const visuomotor_policy<backend> policy = load_policy(be, path);
  const chunk_distance ten =
      expert_distance(be, policy, data, few(), inference_options{.steps = 10});
  const chunk_distance one =
      expert_distance(be, policy, data, few(), inference_options{.steps = 1});

  EXPECT_EQ(ten.windows, 24);
  EXPECT_EQ(ten.by_window.size(), 24u);
  EXPECT_EQ(ten.evaluations, 10);
  // Chunks of ten steps of one window go to either way, those of one step stay together.
  EXPECT_GT(ten.spread, 1.5 * one.spread);
}

TEST(Measure, EqualOptionsGiveEqualNumbers) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const visuomotor_policy<backend> policy =
      load_policy(be, quick_policy(be, data, folder / "base"));

  const chunk_distance a = expert_distance(be, policy, data, few());
  const chunk_distance b = expert_distance(be, policy, data, few());

  EXPECT_EQ(to_json(json_of(a)), to_json(json_of(b)));
  EXPECT_EQ(a.inference, policy.manifest().inference);
}

// Windows of one step apart in one episode differ by one in their offset, which counts from the
// present step: the first window of an episode begins before it.
TEST(Measure, SaysWhereItsWindowsLie) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const visuomotor_policy<backend> policy =
      load_policy(be, quick_policy(be, data, folder / "base"));
  measure_options all = few();
  all.windows = 0;

  const chunk_distance d = expert_distance(be, policy, data, all);

  ASSERT_EQ(d.episode.size(), d.by_window.size());
  ASSERT_EQ(d.offset.size(), d.by_window.size());
  for (std::size_t i = 0; i < d.offset.size(); ++i) {
    const bool begins = i == 0 || d.episode[i] != d.episode[i - 1];
    EXPECT_EQ(d.offset[i], begins ? 0 : d.offset[i - 1] + 1);
  }
}

TEST(Measure, ComparesWithAnotherFieldOfActions) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6, .noise = 0.2});
  const temporary_directory folder;
  const visuomotor_policy<backend> policy =
      load_policy(be, quick_policy(be, data, folder / "base"));
  measure_options clean = few();
  clean.expert = "clean_action";
  measure_options wrong = few();
  wrong.expert = "progress";

  EXPECT_NE(expert_distance(be, policy, data, clean).mean,
            expert_distance(be, policy, data, few()).mean);
  EXPECT_THROW((void)expert_distance(be, policy, data, wrong), invalid_input);
}

TEST(Measure, SolversConvergeToTheTightSolution) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;
  const visuomotor_policy<backend> policy =
      load_policy(be, train_base(be, data, toy_base(100), folder / "base").policy);
  const std::vector<inference_options> settings{
      {.steps = 4},
      {.steps = 16},
      {.steps = 64},
      {.solver = inference_solver::dormand_prince, .tolerance = 1e-4}};

  const std::vector<solver_error> errors = solver_errors(be, policy, data, few(), settings);

  ASSERT_EQ(errors.size(), 4u);
  // Euler is of first order: four times the steps, about a quarter of the error. The sampler's grid
  // covers (epsilon, 1) with steps of 1 / n, an error of epsilon = 0.001 of the whole displacement.
  EXPECT_LT(errors[1].mean, 0.5 * errors[0].mean);
  EXPECT_LT(errors[2].mean, 0.5 * errors[1].mean);
  EXPECT_LT(errors[3].mean, errors[2].mean);
  EXPECT_EQ(errors[2].evaluations, 64);
  EXPECT_GT(errors[3].evaluations, 6);
}

TEST(Measure, RefusesWhatCannotBeMeasured) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const visuomotor_policy<backend> policy =
      load_policy(be, quick_policy(be, data, folder / "base"));
  measure_options other = few();
  other.data.validation = 0;
  measure_options noises = few();
  noises.noises = 0;

  EXPECT_NE(message_of<invalid_input>([&] {
              (void)expert_distance(be, policy, data, other);
            }).find("put other episodes aside"),
            std::string::npos);
  EXPECT_THROW((void)expert_distance(be, policy, data, noises), invalid_input);
  EXPECT_THROW((void)straightness(be, policy, data, few(), 1), invalid_input);
}

TEST(Measure, ComparesWhatPutEpisodesAside) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  policy_manifest m = load_policy(be, quick_policy(be, data, folder / "base")).manifest();
  data_selection fewer = toy_selection();
  fewer.episodes = 3;
  data_selection other = toy_selection();
  other.seed += 1;

  EXPECT_TRUE(compare_splits(m, data, toy_selection()).known);
  EXPECT_EQ(compare_splits(m, data, fewer).difference(), "");
  EXPECT_NE(compare_splits(m, data, other).choice, "");
  EXPECT_NE(compare_splits(m, toy_data({.episodes = 7}), fewer).data, "");

  m.origin.split.reset();  // of an earlier version: the hash has to agree
  EXPECT_EQ(compare_splits(m, data, toy_selection()).difference(), "");
  EXPECT_NE(compare_splits(m, data, fewer).choice, "");
  m.origin.parents.clear();
  EXPECT_FALSE(compare_splits(m, data, toy_selection()).known);
}

}  // namespace
}  // namespace flowkit::policy
