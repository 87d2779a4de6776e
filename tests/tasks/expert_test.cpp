#include <flowkit/core/error.hpp>
#include <support/files.hpp>
#include <tasks/support.hpp>

#include <cmath>
#include <limits>

namespace flowkit::policy::testing {
namespace {

using ::flowkit::testing::message_of;

using expert = every_task;

// 95 % is what is asked; bench/tasks.cpp counts 200 seeds, all of which succeed.
TEST_P(expert, solves_its_task) {
  constexpr std::uint64_t seeds = 30;
  int solved = 0;

  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const demonstration d = demonstrate(env, seed);
    solved += d.success ? 1 : 0;
    if (d.success) {
      EXPECT_EQ(d.executed, d.mode) << "seed " << seed;
    }
  }

  EXPECT_GE(solved, 29);
}

TEST_P(expert, acts_within_bounds_in_any_state) {
  const auto modes = static_cast<task_mode>(describe_task(GetParam()).modes.size());
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    env.reset(seed);
    for (index_t step = 0; step < 200; ++step) {
      env.step(wandering_action(seed, step));
      for (task_mode mode = 0; mode < modes; ++mode) {
        for (const float entry : expert_action(GetParam(), env.state(), mode)) {
          ASSERT_LE(std::abs(entry), 1.0f);
        }
      }
    }
  }
}

TEST_P(expert, is_a_function_of_the_recorded_state) {
  const demonstration d = demonstrate(env, 11, {.noise = 0.1f});
  const std::size_t size = env.state().size();

  for (std::size_t t = 0; t < static_cast<std::size_t>(d.steps); ++t) {
    const std::span state(d.states.data() + t * size, size);
    const task_action action = expert_action(GetParam(), state, d.mode);
    ASSERT_TRUE(std::ranges::equal(action, std::span(d.clean_actions).subspan(4 * t, 4)));
  }
}

TEST_P(expert, repeats_a_demonstration_exactly) {
  const demonstration first = demonstrate(env, 4, {.noise = 0.2f});
  (void)demonstrate(env, 5);

  const demonstration again = demonstrate(env, 4, {.noise = 0.2f});

  EXPECT_EQ(again.states, first.states);
  EXPECT_EQ(again.actions, first.actions);
  EXPECT_EQ(again.mode, first.mode);
}

TEST_P(expert, leaves_the_mode_open_at_the_start_where_there_is_a_choice) {
  const bool choice = describe_task(GetParam()).modes.size() > 1;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    env.reset(seed);
    EXPECT_EQ(mode_of_state(GetParam(), env.state()).has_value(), !choice);
  }
}

TEST_P(expert, draws_every_mode_about_equally_often) {
  const auto modes = describe_task(GetParam()).modes.size();
  std::vector<int> drawn(modes);

  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    ++drawn[static_cast<std::size_t>(draw_mode(GetParam(), seed))];
  }

  // Five standard deviations of a fair draw: 5 * sqrt(400 / 4) = 50.
  for (const int count : drawn) EXPECT_NEAR(count, 400.0 / static_cast<double>(modes), 50);
}

INSTANTIATE_TEST_SUITE_P(all, expert, ::testing::ValuesIn(task_names().begin(), task_names().end()),
                         name_of_parameter);

// Either mode can be asked for from any start, not only the one that the seed draws.
TEST(expert_modes, are_taken_when_asked_for) {
  for (const std::string task : {"reach_detour", "push_around", "two_cubes"}) {
    task_environment env(task);
    for (task_mode mode = 0; mode < 2; ++mode) {
      env.reset(2);
      std::optional<task_mode> seen;
      for (int step = 0; step < 250 && !seen; ++step) {
        env.step(expert_action(task, env.state(), mode));
        seen = mode_of_state(task, env.state());
      }
      EXPECT_EQ(seen, mode) << task;
    }
  }
}

// Deviation and mean of 4000 draws, within five standard errors: 0.01 / sqrt(2), 0.01.
TEST(expert_noise, is_normal_with_the_asked_deviation) {
  constexpr int draws = 1000;
  double sum = 0;
  double squares = 0;

  for (std::uint64_t i = 0; i < draws; ++i) {
    for (const float entry : add_noise({}, 0.1f, rng_key{1, i})) {
      sum += static_cast<double>(entry);
      squares += static_cast<double>(entry) * static_cast<double>(entry);
    }
  }

  EXPECT_NEAR(sum / (4 * draws), 0, 5 * 0.1 / std::sqrt(4 * draws));
  EXPECT_NEAR(std::sqrt(squares / (4 * draws)), 0.1, 5 * 0.1 / std::sqrt(8 * draws));
  EXPECT_EQ(add_noise({0.5f, 0, 0, 0}, 0, rng_key{}), (task_action{0.5f, 0, 0, 0}));
}

TEST(expert_input, is_checked) {
  const task_environment env("pick_place");
  const auto state = env.state();

  EXPECT_THROW((void)expert_action("pick", state, 0), invalid_input);
  EXPECT_THROW((void)expert_action("pick_place", state, 1), invalid_input);
  EXPECT_THROW((void)expert_action("pick_place", state, -1), invalid_input);
  EXPECT_THROW((void)mode_of_episode("pick_place", state.first(5)), invalid_input);
  EXPECT_THROW((void)add_noise({}, -1, rng_key{}), invalid_input);
  EXPECT_THROW((void)add_noise({}, std::numeric_limits<float>::infinity(), rng_key{}),
               invalid_input);
  const auto size =
      message_of<invalid_input>([&] { (void)expert_action("pick_place", state.first(4), 0); });
  EXPECT_NE(size.find("10 numbers, not 4"), std::string::npos) << size;
}

TEST(demonstrations, are_recorded_for_a_while_after_the_success) {
  task_environment env("button_press");

  const demonstration d = demonstrate(env, 1, {.hold = 3});

  ASSERT_TRUE(d.success);
  EXPECT_EQ(d.actions.size(), static_cast<std::size_t>(4 * d.steps));
  EXPECT_EQ(d.states.size(), static_cast<std::size_t>(d.steps) * env.state().size());
  EXPECT_EQ(demonstrate(env, 1, {.hold = 0}).steps + 3, d.steps);
  EXPECT_THROW((void)demonstrate(env, 1, {.max_steps = 0}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy::testing
