// The trainer: stopping and resuming bit for bit, killed runs, logs, and divergence.
#include <flowkit/train/trainer.hpp>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "small_run.hpp"
#include "support/files.hpp"

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using B = eigen<float>;

constexpr rng_key key{42};

/// A new run with a trainer over it.
struct trained {
  explicit trained(trainer_options options, const small_run_options& small = {})
      : run(small), loop(run.be, run.layout, run.step, run.source, key, std::move(options)) {}

  small_run<B> run;
  trainer<B, decltype(run.step), decltype(run.source)> loop;
};

/// All numbers of an undisturbed run of that many steps.
std::vector<float> after_steps(index_t steps) {
  trained t({.steps = steps});
  t.loop.run();
  return t.run.numbers();
}

class trainer_files : public ::testing::Test {
 protected:
  trainer_options plan(index_t steps) {
    return {.steps = steps, .log_every = 0, .checkpoint = path_, .configuration = "a = 1"};
  }

  temporary_directory directory_;
  std::string path_ = directory_ / "run.safetensors";
};

TEST_F(trainer_files, a_resumed_run_ends_with_the_same_bits) {
  const std::vector<float> expected = after_steps(10);
  trained first(plan(4));
  first.loop.run();
  trained second(plan(10));

  ASSERT_TRUE(second.loop.resume());
  EXPECT_EQ(second.loop.steps(), 4);
  EXPECT_EQ(second.loop.run(), training_end::finished);

  EXPECT_EQ(second.run.numbers(), expected);
}

TEST_F(trainer_files, an_interrupted_run_ends_with_the_same_bits) {
  const std::vector<float> expected = after_steps(10);
  std::atomic<bool> stop = false;
  trained first(plan(10));

  const training_end end =
      first.loop.run({.on_step = [&](index_t steps) { stop = steps == 7; }, .stop = &stop});
  EXPECT_EQ(end, training_end::stopped);
  trained second(plan(10));
  ASSERT_TRUE(second.loop.resume());
  EXPECT_EQ(second.loop.steps(), 7);
  second.loop.run();

  EXPECT_EQ(second.run.numbers(), expected);
}

TEST_F(trainer_files, a_resumed_run_keeps_the_key_of_the_checkpoint) {
  const std::vector<float> expected = after_steps(6);
  trained first(plan(3));
  first.loop.run();
  small_run<B> run;
  trainer other(run.be, run.layout, run.step, run.source, rng_key{43}, plan(6));

  other.resume();
  other.run();

  EXPECT_EQ(run.numbers(), expected);
}

TEST_F(trainer_files, there_is_nothing_to_resume_without_a_file) {
  trained t(plan(3));

  EXPECT_FALSE(t.loop.resume());
  EXPECT_EQ(t.loop.steps(), 0);
}

TEST_F(trainer_files, another_network_cannot_continue) {
  trained(plan(3)).loop.run();
  trained other(plan(3), {.hidden = 9});

  const auto message = message_of<file_error>([&] { other.loop.resume(); });

  EXPECT_THAT(message, HasSubstr("[6, 8]"));
  EXPECT_THAT(message, HasSubstr("[6, 9]"));
}

TEST_F(trainer_files, checkpoints_are_complete_when_announced) {
  auto options = plan(7);
  options.checkpoint_every = 3;
  trained t(options);
  std::vector<index_t> announced;

  t.loop.run({.on_checkpoint = [&](index_t steps) {
    announced.push_back(steps);
    small_run<B> reader;
    const auto record = load_checkpoint(reader.be, path_, reader.layout, reader.step.state());
    EXPECT_EQ(record, (checkpoint_record{steps, key, "a = 1"}));
    EXPECT_EQ(reader.numbers(), t.run.numbers());
  }});

  EXPECT_THAT(announced, ElementsAre(3, 6, 7));
}

/// Trains with a checkpoint after every step until somebody kills the process.
[[noreturn]] void train_until_killed(trainer_options options) {
  options.steps = 1'000'000;
  options.checkpoint_every = 1;
  trained t(std::move(options));
  t.loop.resume();
  t.loop.run();
  _exit(0);
}

TEST_F(trainer_files, a_killed_run_leaves_its_last_complete_checkpoint) {
  trained(plan(1)).loop.run();  // there is a checkpoint before the first kill
  std::mt19937 random(3);
  index_t steps = 1;
  for (int kill_number = 0; kill_number < 8; ++kill_number) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) train_until_killed(plan(0));
    usleep(std::uniform_int_distribution<useconds_t>(5'000, 60'000)(random));
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);

    trained survivor(plan(0));
    ASSERT_TRUE(survivor.loop.resume());
    EXPECT_GE(survivor.loop.steps(), steps);
    steps = survivor.loop.steps();
    EXPECT_EQ(survivor.run.numbers(), after_steps(steps)) << "after " << steps << " steps";
  }
}

TEST(trainer, logs_the_mean_loss_of_a_stretch) {
  trained t({.steps = 5, .log_every = 2});
  std::vector<double> losses;
  std::vector<training_log> logs;

  t.loop.run({.on_step = [&](index_t) { losses.push_back(t.run.step.loss()); },
              .on_log = [&](const training_log& log) { logs.push_back(log); }});

  ASSERT_EQ(losses.size(), 5U);
  ASSERT_EQ(logs.size(), 3U);
  EXPECT_EQ(logs[1].step, 4);
  EXPECT_FLOAT_EQ(static_cast<float>(logs[1].loss),
                  static_cast<float>((losses[2] + losses[3]) / 2));
  EXPECT_EQ(logs[1].learning_rate, 1e-2);
  EXPECT_GT(logs[1].gradient_norm.value(), 0);
  EXPECT_EQ(logs[2].step, 5);
  EXPECT_FLOAT_EQ(static_cast<float>(logs[2].loss), static_cast<float>(losses[4]));
}

TEST_F(trainer_files, metrics_of_a_resumed_run_equal_those_of_one_run) {
  const auto train = [&](const std::string& metrics, index_t steps, auto options) {
    options.steps = steps;
    options.log_every = 2;
    trained t(options);
    t.loop.resume();
    json_lines_metrics sink(directory_ / metrics, t.loop.steps() + 1);
    t.loop.run({.metrics = &sink});
  };

  train("whole.jsonl", 8, trainer_options{});
  train("parts.jsonl", 4, plan(0));
  train("parts.jsonl", 8, plan(0));

  EXPECT_EQ(read_text(directory_ / "parts.jsonl"), read_text(directory_ / "whole.jsonl"));
  EXPECT_THAT(read_text(directory_ / "whole.jsonl"), HasSubstr("gradient_norm"));
}

TEST_F(trainer_files, a_diverged_state_never_replaces_a_checkpoint) {
  auto options = plan(10);
  options.checkpoint_every = 2;
  small_run<B> run;
  const auto source = [&](B& be, index_t number, rng_key data_key) {
    const auto batch = run.source(be, number, data_key);
    if (number == 4) be.fill(run.store.values(), std::numeric_limits<float>::quiet_NaN());
    return batch;
  };
  trainer loop(run.be, run.layout, run.step, source, key, options);

  const auto message = message_of<training_diverged>([&] { loop.run(); });

  EXPECT_THAT(message, HasSubstr("after 6 steps"));
  trained survivor(plan(0));
  survivor.loop.resume();
  EXPECT_EQ(survivor.loop.steps(), 4);
  EXPECT_EQ(survivor.run.numbers(), after_steps(4));
}

TEST_F(trainer_files, a_gradient_that_is_not_finite_never_reaches_a_checkpoint) {
  auto options = plan(10);
  options.checkpoint_every = 2;
  small_run<B> run;
  // The loss of step 4 is finite, its gradient is not: only the state shows it.
  const auto source = [&](B& be, index_t number, rng_key data_key) {
    if (number == 3) be.fill(run.store.gradients(), std::numeric_limits<float>::infinity());
    return run.source(be, number, data_key);
  };
  trainer loop(run.be, run.layout, run.step, source, key, options);

  const auto message = message_of<training_diverged>([&] { loop.run(); });

  EXPECT_THAT(message, HasSubstr("'values/net."));
  EXPECT_THAT(message, HasSubstr("after 4 steps"));
  EXPECT_THAT(message, HasSubstr(path_));
  trained survivor(plan(0));
  survivor.loop.resume();
  EXPECT_EQ(survivor.loop.steps(), 2);
  EXPECT_EQ(survivor.run.numbers(), after_steps(2));
  EXPECT_EQ(directory_.count(), 1);
}

TEST(trainer, refuses_what_is_no_plan) {
  EXPECT_THROW(trained({.steps = -1}), invalid_input);
  EXPECT_THROW(trained({.steps = 1, .log_every = -1}), invalid_input);
  EXPECT_THAT(message_of<invalid_input>([] { trained({.steps = 1, .checkpoint_every = 5}); }),
              HasSubstr("trainer_options::checkpoint"));
}

}  // namespace
}  // namespace flowkit::testing
