#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/vector_environment.hpp>
#include <support/files.hpp>
#include <tasks/support.hpp>

#include <limits>

namespace flowkit::policy::testing {
namespace {

using ::flowkit::testing::message_of;

constexpr index_t count = 5;
constexpr index_t steps = 40;

std::vector<float> actions_of_step(index_t step) {
  std::vector<float> all;
  for (index_t i = 0; i < count; ++i) {
    const task_action action = wandering_action(static_cast<std::uint64_t>(100 + i), step);
    all.insert(all.end(), action.begin(), action.end());
  }
  return all;
}

vector_environment::observations as_matrix(const std::vector<float>& values) {
  return {values.data(), extents<2>{static_cast<index_t>(values.size()) / 4, 4}};
}

/// Row i of the states.
std::vector<float> row(const vector_environment& batch, index_t i) {
  const auto states = batch.states();
  const float* first = states.data() + i * states.shape()[1];
  return {first, first + states.shape()[1]};
}

class vector_threads : public ::testing::TestWithParam<int> {};

TEST_P(vector_threads, show_what_single_environments_show) {
  vector_environment batch("two_cubes", {.count = count, .threads = GetParam()});
  batch.reset(std::array<std::uint64_t, 5>{100, 101, 102, 103, 104});

  for (index_t step = 0; step < steps; ++step) batch.step(as_matrix(actions_of_step(step)));

  for (index_t i = 0; i < count; ++i) {
    task_environment single("two_cubes");
    wander(single, static_cast<std::uint64_t>(100 + i), steps);
    EXPECT_EQ(row(batch, i), copy_of_state(single)) << "environment " << i;
  }
}

TEST_P(vector_threads, draw_what_single_environments_draw) {
  const render_options images{.height = 24, .width = 32};
  vector_environment batch("pick_place", {.count = count, .threads = GetParam(), .images = images});
  std::vector<std::uint8_t> drawn(std::size_t{count} * 24 * 32 * 3);
  std::vector<std::uint8_t> expected(24 * 32 * 3);

  batch.render("front", drawn);

  for (index_t i = 0; i < count; ++i) {
    task_environment single("pick_place", images);
    single.reset(static_cast<std::uint64_t>(i));
    single.render("front", expected);
    const auto mine =
        std::span(drawn).subspan(static_cast<std::size_t>(i) * expected.size(), expected.size());
    EXPECT_TRUE(std::ranges::equal(mine, expected)) << "environment " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(all, vector_threads, ::testing::Values(1, 2, 3));

TEST(vector_environment, reports_each_environment_and_leaves_the_finished_alone) {
  vector_environment batch("button_press", {.count = 2});
  const std::vector<float> still(8);
  for (index_t step = 0; step < task_episode_steps; ++step) batch.step(as_matrix(still));
  ASSERT_TRUE(batch.results()[0].finished);
  const std::vector<float> last = row(batch, 0);

  batch.reset(1, 7);
  // A row that is not used may hold anything.
  std::vector<float> mixed(8);
  mixed[0] = std::numeric_limits<float>::quiet_NaN();
  batch.step(as_matrix(mixed));

  EXPECT_EQ(row(batch, 0), last);
  EXPECT_EQ(batch[0].steps(), task_episode_steps);
  EXPECT_FALSE(batch.results()[1].finished);
  EXPECT_EQ(batch[1].steps(), 1);
  EXPECT_EQ(batch[1].seed(), 7u);
  EXPECT_EQ(batch.proprioception().shape(), (extents<2>{2, 4}));
}

TEST(vector_environment, moves_nothing_when_a_row_is_bad) {
  vector_environment batch("button_press", {.count = 2});
  const std::vector<float> start = row(batch, 0);
  std::vector<float> bad(8, 0.5f);
  bad[5] = std::numeric_limits<float>::infinity();

  const auto message = message_of<invalid_input>([&] { batch.step(as_matrix(bad)); });

  EXPECT_NE(message.find("entry 1 of action 1 is inf"), std::string::npos) << message;
  EXPECT_EQ(row(batch, 0), start);
}

TEST(vector_environment, rejects_wrong_shapes) {
  vector_environment batch("button_press", {.count = 2});
  std::vector<std::uint8_t> room(10);

  EXPECT_THROW(batch.step(as_matrix(std::vector<float>(4))), invalid_input);
  EXPECT_THROW(batch.reset(std::array<std::uint64_t, 3>{}), invalid_input);
  EXPECT_THROW(batch.reset(2, 0), invalid_input);
  EXPECT_THROW((void)batch[2], invalid_input);
  EXPECT_THROW(batch.render("front", room), invalid_input);
  EXPECT_THROW(vector_environment("button_press", {.count = 0}), invalid_input);
  EXPECT_THROW(vector_environment("button_press", {.threads = 0}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy::testing
