#include <flowkit/core/error.hpp>
#include <support/files.hpp>
#include <tasks/support.hpp>

#include <cmath>
#include <limits>
#include <set>

namespace flowkit::policy::testing {
namespace {

using ::flowkit::testing::message_of;

using environment = every_task;

TEST_P(environment, equal_seeds_and_actions_give_equal_states_whatever_happened_before) {
  const std::vector<float> first = wander(env, 7, 60);
  wander(env, 8, 25);
  task_environment other(GetParam());

  EXPECT_EQ(wander(env, 7, 60), first);
  EXPECT_EQ(wander(other, 7, 60), first);
}

TEST_P(environment, different_seeds_give_different_starts) {
  std::set<std::vector<float>> starts;

  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    env.reset(seed);
    starts.insert(copy_of_state(env));
  }

  EXPECT_EQ(starts.size(), 50u);
}

TEST_P(environment, names_every_entry_once_beginning_with_the_hand) {
  const auto names = env.state_names();

  ASSERT_EQ(names.size(), env.state().size());
  const std::vector<std::string> hand(names.begin(), names.begin() + 4);
  EXPECT_EQ(hand, (std::vector<std::string>{"hand.x", "hand.y", "hand.z", "hand.opening"}));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(env.proprioception().data(), env.state().data());
  EXPECT_EQ(env.proprioception().size(), 4u);
}

TEST_P(environment, starts_without_success_and_counts_its_steps) {
  env.reset(3);

  EXPECT_FALSE(env.succeeded());
  EXPECT_EQ(env.steps(), 0);
  for (index_t step = 1; step <= task_episode_steps; ++step) {
    const step_result result = env.step(task_action{});
    ASSERT_EQ(result.finished, step == task_episode_steps);
    ASSERT_EQ(env.steps(), step);
  }
  const auto message = message_of<invalid_input>([&] { env.step(task_action{}); });
  EXPECT_NE(message.find("call reset"), std::string::npos) << message;
}

// Objects at rest must stay where the start put them: 0.5 mm is a tenth of what tasks tell apart.
TEST_P(environment, stays_at_rest_without_actions) {
  env.reset(5);
  const std::vector<float> start = copy_of_state(env);

  for (int step = 0; step < 40; ++step) env.step(task_action{0, 0, 0, 1});

  for (std::size_t i = 0; i < start.size(); ++i) {
    EXPECT_NEAR(env.state()[i], start[i], i == 3 ? 0.02 : 5e-4) << env.state_names()[i];
  }
}

TEST_P(environment, survives_wild_actions) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (const float value : wander(env, seed, task_episode_steps)) {
      ASSERT_TRUE(std::isfinite(value));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(all, environment,
                         ::testing::ValuesIn(task_names().begin(), task_names().end()),
                         name_of_parameter);

// Two centimetres per step and axis; the hand follows its target within 3 mm once it has stopped.
TEST(environment_actions, move_the_hand_by_two_centimetres_per_step) {
  task_environment env("button_press");
  env.reset(0);
  const std::vector<float> start = copy_of_state(env);

  for (int step = 0; step < 5; ++step) env.step(task_action{-0.5f, -0.25f, 0.5f, 1});
  for (int step = 0; step < 10; ++step) env.step(task_action{0, 0, 0, 1});

  EXPECT_NEAR(env.state()[0] - start[0], -0.05, 3e-3);
  EXPECT_NEAR(env.state()[1] - start[1], -0.025, 3e-3);
  EXPECT_NEAR(env.state()[2] - start[2], 0.05, 3e-3);
}

TEST(environment_actions, name_the_opening_of_the_fingers) {
  task_environment env("button_press");

  for (const float opening : {-1.0f, 0.0f, 1.0f}) {
    for (int step = 0; step < 20; ++step) env.step(task_action{0, 0, 0, opening});
    EXPECT_NEAR(env.proprioception()[3], 0.5f * (opening + 1), 0.02f);
  }
}

TEST(environment_actions, are_clipped_to_one) {
  task_environment env("pick_place");
  task_environment clipped("pick_place");

  for (int step = 0; step < 5; ++step) {
    env.step(task_action{5, -3, 1e30f, -7});
    clipped.step(task_action{1, -1, 1, -1});
  }

  EXPECT_EQ(copy_of_state(env), copy_of_state(clipped));
}

TEST(environment_actions, keep_the_hand_inside_the_workspace) {
  task_environment env("pick_place");

  for (int step = 0; step < 100; ++step) env.step(task_action{1, 1, 1, 1});

  EXPECT_LT(env.state()[0], 0.29f);
  EXPECT_LT(env.state()[1], 0.29f);
  EXPECT_LT(env.state()[2], 0.33f);
}

TEST(environment_input, rejects_actions_that_are_not_four_finite_numbers) {
  task_environment env("pick_place");
  const std::vector<float> start = copy_of_state(env);
  const std::array<float, 3> short_action{};
  const task_action with_nan{0, 0, std::numeric_limits<float>::quiet_NaN(), 0};

  const auto size = message_of<invalid_input>([&] { env.step(short_action); });
  const auto value = message_of<invalid_input>([&] { env.step(with_nan); });

  EXPECT_NE(size.find("4 numbers (x, y, z, opening), not 3"), std::string::npos) << size;
  EXPECT_NE(value.find("entry 2 of the action is nan"), std::string::npos) << value;
  EXPECT_EQ(copy_of_state(env), start);
  EXPECT_EQ(env.steps(), 0);
}

TEST(environment_input, unknown_tasks_are_answered_with_the_known_ones) {
  const auto message = message_of<invalid_input>([] { task_environment env("pick"); });

  EXPECT_NE(message.find("'pick'"), std::string::npos) << message;
  for (const std::string& name : task_names()) {
    EXPECT_NE(message.find(name), std::string::npos) << message;
  }
}

TEST(suite, describes_every_task) {
  for (const std::string& name : task_names()) {
    const task_description d = describe_task(name);

    EXPECT_EQ(d.name, name);
    EXPECT_FALSE(d.instruction.empty());
    EXPECT_GE(d.modes.size(), 1u);
    EXPECT_EQ(d.cameras, (std::vector<std::string>{"front", "top", "wrist"}));
    const task_environment env(name);
    EXPECT_TRUE(std::ranges::equal(d.state_names, env.state_names()));
  }
}

TEST(scene_documents, that_do_not_compile_are_explained) {
  const auto message = message_of<invalid_input>([] { scene s("<mujoco><bodies/></mujoco>"); });
  EXPECT_NE(message.find("bodies"), std::string::npos) << message;
  EXPECT_THROW({ scene s(""); }, invalid_input);
}

}  // namespace
}  // namespace flowkit::policy::testing
