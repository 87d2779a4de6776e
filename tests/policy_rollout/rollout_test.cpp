#include <flowkit/policy/rollout/rollout.hpp>
#include <flowkit/policy/runtime.hpp>

#include <gtest/gtest.h>
#include <policy_rollout/point_policy.hpp>

namespace flowkit::policy {
namespace {

using testing::point_environment;
using testing::point_manifest;

/// The controller's seed and inference, and as many robots as environments if there are episodes.
std::vector<episode_result> play(policy_runtime& p, std::size_t environments,
                                 const rollout_options& options, controller_options with = {}) {
  std::vector<point_environment> all(environments);
  with.robots = static_cast<index_t>(std::min(environments, options.seeds.size()));
  return rollouts<point_environment>(*p.control(with), all, options).run();
}

void expect_same(const std::vector<episode_result>& a, const std::vector<episode_result>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].seed, b[i].seed);
    EXPECT_EQ(a[i].success, b[i].success);
    EXPECT_EQ(a[i].steps, b[i].steps);
    EXPECT_EQ(a[i].chunks, b[i].chunks);
    EXPECT_EQ(a[i].seam, b[i].seam);
    EXPECT_EQ(a[i].evaluations, b[i].evaluations);
    EXPECT_EQ(a[i].guarded, b[i].guarded);
    EXPECT_EQ(a[i].outside, b[i].outside);
    EXPECT_EQ(a[i].clipped, b[i].clipped);
    EXPECT_EQ(a[i].observed, b[i].observed);
  }
}

class Rollouts : public ::testing::Test {
 protected:
  std::unique_ptr<policy_runtime> policy_ =
      untrained_policy(point_manifest({"x", "goal"}), rng_key{3}, {.backend = "eigen"});
  rollout_options options_{.seeds = {11, 12, 13, 14, 15, 16, 17}};
};

TEST_F(Rollouts, DoNotDependOnEnvironmentsOrThreads) {
  const std::vector<episode_result> alone = play(*policy_, 1, options_);

  expect_same(play(*policy_, 3, options_), alone);
  expect_same(play(*policy_, 9, options_), alone);
  options_.threads = 2;
  expect_same(play(*policy_, 3, options_), alone);
}

// Every episode has its own number of evaluations, which must not be shared out among those that
// happen to act together.
TEST_F(Rollouts, DoNotDependOnEnvironmentsWithAnAdaptiveSolver) {
  const controller_options adaptive{
      .inference = inference_options{.solver = inference_solver::dormand_prince}};
  const std::vector<episode_result> alone = play(*policy_, 1, options_, adaptive);

  expect_same(play(*policy_, 3, options_, adaptive), alone);
}

TEST_F(Rollouts, CountWhatHappened) {
  for (const episode_result& e : play(*policy_, 3, options_)) {
    EXPECT_TRUE(e.success || e.steps == point_environment::last_step);
    EXPECT_EQ(e.chunks, (e.steps + 3) / 4);
    EXPECT_EQ(e.seam.has_value(), e.chunks > 1);
    EXPECT_EQ(e.evaluations, 1);
    EXPECT_GE(e.observed, e.chunks);
    EXPECT_LE(e.clipped, e.outside);
    EXPECT_LE(e.outside, e.observed);
  }
}

TEST_F(Rollouts, OtherNoiseMakesOtherEpisodes) {
  const std::vector<episode_result> first = play(*policy_, 2, options_);
  const std::vector<episode_result> second = play(*policy_, 2, options_, {.seed = 1});

  bool differs = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].seed, second[i].seed);
    differs = differs || first[i].seam != second[i].seam;
  }
  EXPECT_TRUE(differs);
}

TEST_F(Rollouts, StepsAreThoseOfTheSolver) {
  const controller_options five{.inference = inference_options{.steps = 5}};

  EXPECT_EQ(play(*policy_, 2, options_, five).front().evaluations, 5);
}

// The range of the demonstrations is [-1, 1] and the margin 1.5: a goal at 1.2 lies outside and
// passes, a goal at 2 is clipped.
TEST(RolloutsOfNewStarts, TellOutsideFromClipped) {
  const auto p = untrained_policy(point_manifest({"goal"}), rng_key{3}, {.backend = "eigen"});
  const auto shares = [&](float goal) {
    std::vector<point_environment> all(1, point_environment(goal));
    return rollouts<point_environment>(*p->control(), all, {.seeds = {5}}).run().front();
  };
  const episode_result inside = shares(0.9F);
  const episode_result outside = shares(1.2F);
  const episode_result clipped = shares(2);

  EXPECT_EQ(inside.outside, 0);
  EXPECT_EQ(outside.outside, outside.observed);
  EXPECT_EQ(outside.clipped, 0);
  EXPECT_EQ(clipped.outside, clipped.observed);
  EXPECT_EQ(clipped.clipped, clipped.observed);
}

TEST_F(Rollouts, RefuseSeedsThatRepeatAndEnvironmentsThatDoNotFit) {
  std::vector<point_environment> all(1);
  const auto robot = policy_->control();
  using runner = rollouts<point_environment>;
  EXPECT_THROW(runner(*robot, all, {.seeds = {1, 2, 1}}), invalid_input);
  EXPECT_THROW(runner(*robot, all, {}), invalid_input);
  EXPECT_THROW(runner(*robot, all, {.seeds = {(std::uint64_t{1} << 53) + 1}}), invalid_input);
  EXPECT_THROW(runner(*robot, {}, {.seeds = {1}}), invalid_input);
  EXPECT_THROW(runner(*policy_->control({.robots = 2}), all, {.seeds = {1, 2}}), invalid_input);

  const auto other = untrained_policy(point_manifest({"x", "speed"}), rng_key{3});
  try {
    runner(*other->control(), all, {.seeds = {1}});
    FAIL();
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("'speed'"), std::string::npos) << e.what();
  }
}

TEST_F(Rollouts, StopOnRequest) {
  std::vector<point_environment> all(2);
  const auto robots = policy_->control({.robots = 2});
  std::atomic<bool> stop{true};

  const auto results = rollouts<point_environment>(*robots, all, options_).run({.stop = &stop});

  for (const episode_result& e : results) EXPECT_EQ(e.chunks, 0);
}

TEST_F(Rollouts, GoOnAfterAStop) {
  const std::vector<episode_result> whole = play(*policy_, 2, options_);
  std::vector<point_environment> all(2);
  const auto robots = policy_->control({.robots = 2});
  rollouts<point_environment> runner(*robots, all, options_);
  std::atomic<bool> stop{true};
  (void)runner.run({.stop = &stop});  // before the first chunk
  stop = false;
  (void)runner.run({.on_episode = [&](const auto&) { stop = true; }, .stop = &stop});

  const std::vector<episode_result> rest = runner.run();

  expect_same(rest, whole);
  expect_same(runner.run(), whole);
}

TEST(RolloutsWithCameras, DrawOnlyWhatIsSeen) {
  const camera side{.name = "side", .height = 36, .width = 36, .crop_height = 32, .crop_width = 32};
  const auto p = untrained_policy(point_manifest({"x"}, {side}), rng_key{3});
  std::vector<point_environment> all(1);

  const auto results = rollouts<point_environment>(*p->control(), all, {.seeds = {5}}).run();

  // Two of four steps per chunk, and the start; the last chunk may end early.
  EXPECT_LE(all[0].drawn(), 1 + 2 * results[0].chunks);
  EXPECT_GE(all[0].drawn(), 1 + 2 * (results[0].chunks - 1));
}

}  // namespace
}  // namespace flowkit::policy
