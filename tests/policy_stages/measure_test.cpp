#include "toy_task.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;

measure_options few() { return {.data = toy_selection(), .windows = 24, .noises = 3}; }

TEST(Measure, DistanceIsThatOfTheActionsInPhysicalUnits) {
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
  // Half of the chunks go the other way, which is up to 80 units off: the mean distance is some 30,
  // and chunks of one window are as far from their middle. One step of the base goes to the middle
  // of the two ways, which has hardly any spread.
  EXPECT_NEAR(ten.mean, 0.5 * 2 * 0.75 * toy_task::sideways_scale, 12);
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
            }).find("another selection"),
            std::string::npos);
  EXPECT_THROW((void)expert_distance(be, policy, data, noises), invalid_input);
  EXPECT_THROW((void)straightness(be, policy, data, few(), 1), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
