#include <flowkit/policy/rollout/latency.hpp>
#include <flowkit/policy/runtime.hpp>

#include <gtest/gtest.h>
#include <policy_rollout/point_policy.hpp>
#include <support/allocation.hpp>

namespace flowkit::policy {
namespace {

using testing::allocation_counter;
using testing::point_environment;
using testing::point_manifest;

class Latency : public ::testing::Test {
 protected:
  std::unique_ptr<policy_runtime> policy_ =
      untrained_policy(point_manifest({"goal", "x"}), rng_key{3}, {.backend = "eigen"});
  std::unique_ptr<controller> robot_ = policy_->control();
};

TEST_F(Latency, TimesAsManyChunksAsAskedForAndTheActionsBetweenThem) {
  point_environment env(5);  // out of reach, so that no chunk ends early but the last of an episode

  const control_latency ms = measure_latency(*robot_, env, {.chunks = 7, .warm_up = 2});

  EXPECT_EQ(ms.first.size(), 7U);
  EXPECT_EQ(ms.following.size(), 7U * 3);  // 4 of a chunk are executed, and 40 steps are 10 chunks
  for (const double one : ms.first) EXPECT_GT(one, 0);
}

TEST_F(Latency, RefusesWhatCannotBeTimed) {
  point_environment env;
  EXPECT_THROW((void)measure_latency(*robot_, env, {.chunks = 0}), invalid_input);
  EXPECT_THROW((void)measure_latency(*policy_->control({.robots = 2}), env), invalid_input);
}

// The loop executes the guarded plan, action by action.
TEST_F(Latency, TheTimedLoopActsAsTheControllerDoes) {
  const auto other = policy_->control();
  const std::vector<float> state{0.3F, 0.1F};
  detail::timed_loop loop(*robot_);
  loop.reset(4);
  other->reset(0, 4);
  for (int chunk = 0; chunk < 3; ++chunk) {
    other->observe({state, {}});
    const action_plan plan = other->act();
    for (index_t step = 0; step < plan.execute; ++step) {
      EXPECT_EQ(loop.at_chunk(), step == 0);
      (void)loop.step({state, {}});
      EXPECT_EQ(loop.action()[0], plan.action(0, step)[0]);
      if (step > 0) other->observe({state, {}});
    }
  }
}

TEST_F(Latency, AControlLoopAllocatesNothingOnceItIsWarm) {
  const std::vector<float> state{0.3F, 0.1F};
  robot_->warm_up();
  detail::timed_loop loop(*robot_);

  const allocation_counter allocations;
  loop.reset(4);
  for (int step = 0; step < 10; ++step) (void)loop.step({state, {}});

  EXPECT_EQ(allocations.count(), 0);
}

}  // namespace
}  // namespace flowkit::policy
