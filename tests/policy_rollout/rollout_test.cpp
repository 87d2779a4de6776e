#include <flowkit/backends/eigen.hpp>
#include <flowkit/policy/rollout/latency.hpp>
#include <flowkit/policy/rollout/rollout.hpp>

#include <gtest/gtest.h>
#include <policy_rollout/point_environment.hpp>

namespace flowkit::policy {
namespace {

using backend = eigen<float>;
using testing::point_environment;

column_statistics range(std::size_t dimensions) {
  const std::vector<double> ones(dimensions, 1);
  const std::vector<double> minus(dimensions, -1);
  return {.count = 2,
          .minimum = minus,
          .maximum = ones,
          .mean = std::vector<double>(dimensions, 0),
          .deviation = ones};
}

/// An untrained policy: its actions are noise, which is enough to tell episodes apart.
policy_manifest manifest(std::vector<std::string> state, std::vector<camera> cameras = {}) {
  const std::size_t dimensions = state.size();
  spec shape{.horizon = 8, .observe = 2, .execute = 4, .action = {"dx"}};
  shape.state = std::move(state);
  shape.cameras = std::move(cameras);
  return {.specification = std::move(shape),
          .network = network_preset("tiny"),
          .normalizers = {normalizer<action_kind>(range(1)),
                          normalizer<state_kind>(range(dimensions))}};
}

std::vector<episode_result> play(backend& be, const visuomotor_policy<backend>& p,
                                 std::size_t environments, rollout_options options) {
  std::vector<point_environment> all(environments);
  return rollouts<backend, point_environment>(be, p, all, std::move(options)).run();
}

void expect_same(const std::vector<episode_result>& a, const std::vector<episode_result>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].seed, b[i].seed);
    EXPECT_EQ(a[i].success, b[i].success);
    EXPECT_EQ(a[i].steps, b[i].steps);
    EXPECT_EQ(a[i].chunks, b[i].chunks);
    EXPECT_EQ(a[i].seam, b[i].seam);
    EXPECT_EQ(a[i].guarded, b[i].guarded);
    EXPECT_EQ(a[i].clipped, b[i].clipped);
    EXPECT_EQ(a[i].observed, b[i].observed);
  }
}

class Rollouts : public ::testing::Test {
 protected:
  backend be_;
  visuomotor_policy<backend> policy_{be_, manifest({"x", "goal"}), rng_key{3}};
  rollout_options options_{.seeds = {11, 12, 13, 14, 15, 16, 17}};
};

TEST_F(Rollouts, DoNotDependOnEnvironmentsOrThreads) {
  const std::vector<episode_result> alone = play(be_, policy_, 1, options_);

  expect_same(play(be_, policy_, 3, options_), alone);
  expect_same(play(be_, policy_, 9, options_), alone);
  options_.threads = 2;
  expect_same(play(be_, policy_, 3, options_), alone);
}

TEST_F(Rollouts, CountWhatHappened) {
  for (const episode_result& e : play(be_, policy_, 3, options_)) {
    EXPECT_TRUE(e.success || e.steps == point_environment::last_step);
    EXPECT_EQ(e.chunks, (e.steps + 3) / 4);
    EXPECT_EQ(e.seam.has_value(), e.chunks > 1);
    EXPECT_EQ(e.evaluations, 1);
    EXPECT_GE(e.observed, e.chunks);
    EXPECT_LE(e.clipped, e.observed);
  }
}

TEST_F(Rollouts, OtherNoiseMakesOtherEpisodes) {
  const std::vector<episode_result> first = play(be_, policy_, 2, options_);
  options_.noise_seed = 1;
  const std::vector<episode_result> second = play(be_, policy_, 2, options_);

  bool differs = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].seed, second[i].seed);
    differs = differs || first[i].seam != second[i].seam;
  }
  EXPECT_TRUE(differs);
}

TEST_F(Rollouts, StepsAreThoseOfTheSolver) {
  options_.inference = inference_options{.steps = 5};

  EXPECT_EQ(play(be_, policy_, 2, options_).front().evaluations, 5);
}

TEST_F(Rollouts, RefuseSeedsThatRepeatAndEnvironmentsThatDoNotFit) {
  std::vector<point_environment> all(1);
  using runner = rollouts<backend, point_environment>;
  EXPECT_THROW(runner(be_, policy_, all, {.seeds = {1, 2, 1}}), invalid_input);
  EXPECT_THROW(runner(be_, policy_, all, {}), invalid_input);
  EXPECT_THROW(runner(be_, policy_, {}, {.seeds = {1}}), invalid_input);

  const visuomotor_policy<backend> other(be_, manifest({"x", "speed"}), rng_key{3});
  try {
    runner(be_, other, all, {.seeds = {1}});
    FAIL();
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("'speed'"), std::string::npos) << e.what();
  }
}

TEST_F(Rollouts, StopOnRequest) {
  std::vector<point_environment> all(2);
  std::atomic<bool> stop{true};

  const auto results =
      rollouts<backend, point_environment>(be_, policy_, all, options_).run({.stop = &stop});

  for (const episode_result& e : results) EXPECT_EQ(e.chunks, 0);
}

TEST(RolloutsWithCameras, DrawOnlyWhatIsSeen) {
  backend be;
  const camera side{.name = "side", .height = 36, .width = 36, .crop_height = 32, .crop_width = 32};
  const visuomotor_policy<backend> p(be, manifest({"x"}, {side}), rng_key{3});
  std::vector<point_environment> all(1);

  const auto results = rollouts<backend, point_environment>(be, p, all, {.seeds = {5}}).run();

  // Two of four steps per chunk, and the start; the last chunk may end early.
  EXPECT_LE(all[0].drawn(), 1 + 2 * results[0].chunks);
  EXPECT_GE(all[0].drawn(), 1 + 2 * (results[0].chunks - 1));
}

TEST(Latency, TimesAsManyChunksAsAskedFor) {
  backend be;
  const visuomotor_policy<backend> p(be, manifest({"goal", "x"}), rng_key{3});
  point_environment env;

  const std::vector<double> ms = measure_latency(be, p, env, {.chunks = 7, .warm_up = 2});

  ASSERT_EQ(ms.size(), 7U);
  for (const double one : ms) EXPECT_GT(one, 0);
  EXPECT_THROW((void)measure_latency(be, p, env, {.chunks = 0}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
