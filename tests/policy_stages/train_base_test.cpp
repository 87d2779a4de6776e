#include "toy_task.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;
using flowkit::testing::read_text;
using flowkit::testing::write_raw;

TEST(TrainBase, LearnsBothWaysOfActing) {
  backend be = one_thread();
  const demonstrations data = toy_data();
  const temporary_directory folder;

  const train_base_result result = train_base(be, data, toy_base(1000), folder / "base");

  ASSERT_EQ(result.end, stage_end::finished);
  const couple_result made =
      couple(be, result.policy, data, toy_selection(), toy_couple(), folder / "couple");
  // A chunk between the ways lies 0.75 away from both on average (sideways scale 1), and one step
  // of this flow ends at 0.6; its error is that of a small network after a few seconds.
  EXPECT_LT(distance_to_ways(couplings_file(made.couplings), policy_file(result.policy)), 0.25);
  EXPECT_EQ(made.windows, result.windows);
}

TEST(TrainBase, KeepsTheWeightsOfTheLowestHeldOutLoss) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;

  const train_base_result result = train_base(be, data, toy_base(60), folder / "base");

  std::vector<double> losses;
  std::istringstream lines(read_text(folder / "base/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const json_value row = parse_json(line);
    if (const json_value* loss = row.find("held_out_loss")) losses.push_back(loss->as_number());
  }
  ASSERT_EQ(losses.size(), 6u);
  EXPECT_EQ(result.fit.held_out_loss, *std::min_element(losses.begin(), losses.end()));
  EXPECT_EQ(result.fit.steps, 60);
}

TEST(TrainBase, IsAFunctionOfDataOptionsAndSeed) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;
  train_base_options other = toy_base(20);
  other.seed = 7;

  const std::string a = train_base(be, data, toy_base(20), folder / "a").policy;
  const std::string b = train_base(be, data, toy_base(20), folder / "b").policy;
  const std::string c = train_base(be, data, other, folder / "c").policy;

  EXPECT_EQ(read_text(a), read_text(b));
  EXPECT_NE(read_text(a), read_text(c));
  EXPECT_EQ(read_text(folder / "a/metrics.jsonl"), read_text(folder / "b/metrics.jsonl"));
}

TEST(TrainBase, ContinuesAfterStopsWithTheSameBits) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;
  const std::string whole = train_base(be, data, toy_base(40), folder / "whole").policy;

  // Stops are heeded at the next line of the log: at the steps 5, 15 and 30, which lie between and
  // at looks and checkpoints.
  for (const index_t steps : {3, 9, 12}) {
    stop_after stop(steps);
    EXPECT_EQ(train_base(be, data, toy_base(40), folder / "parts", stop.hooks()).end,
              stage_end::stopped);
  }
  const train_base_result last = train_base(be, data, toy_base(40), folder / "parts");

  EXPECT_EQ(last.end, stage_end::finished);
  EXPECT_EQ(read_text(whole), read_text(last.policy));
  EXPECT_EQ(read_text(folder / "whole/metrics.jsonl"), read_text(folder / "parts/metrics.jsonl"));
  EXPECT_EQ(read_text(folder / "whole/stage.json"), read_text(folder / "parts/stage.json"));
}

TEST(TrainBase, BeginsAnewWhereTheBestWeightsAreDamaged) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;
  const std::string whole = train_base(be, data, toy_base(40), folder / "whole").policy;
  stop_after stop(30);
  (void)train_base(be, data, toy_base(40), folder / "parts", stop.hooks());
  std::string best = read_text(folder / "parts/best.safetensors");
  best.back() ^= 1;
  write_raw(folder / "parts/best.safetensors", best);

  const train_base_result last = train_base(be, data, toy_base(40), folder / "parts");

  EXPECT_EQ(last.end, stage_end::finished);
  EXPECT_EQ(read_text(whole), read_text(last.policy));
}

TEST(TrainBase, SkipsWhatIsThereAndBeginsAnewForOtherOptions) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 10});
  const temporary_directory folder;
  const train_base_result first = train_base(be, data, toy_base(12), folder / "base");
  const std::string bits = read_text(first.policy);
  stop_after stop(5);
  // As a kill between the end and the removal leaves it.
  write_raw(folder / "base/checkpoint.safetensors", "left");

  const train_base_result again = train_base(be, data, toy_base(12), folder / "base");
  EXPECT_FALSE(std::filesystem::exists(folder / "base/checkpoint.safetensors"));
  const stage_end stopped = train_base(be, data, toy_base(30), folder / "base", stop.hooks()).end;
  const train_base_result back = train_base(be, data, toy_base(12), folder / "base");

  EXPECT_EQ(again.end, stage_end::unchanged);
  EXPECT_EQ(again.fit.held_out_loss, first.fit.held_out_loss);
  EXPECT_EQ(again.windows, first.windows);
  EXPECT_EQ(stopped, stage_end::stopped);
  EXPECT_EQ(read_text(back.policy), bits);
}

TEST(TrainBase, TrainsTheEncoderOfCameras) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6, .side = 20});
  const temporary_directory folder;
  train_base_options o = toy_base(6);
  o.data.state = {};
  o.data.cameras = {"front"};
  o.data.crop = 16;
  o.fit.batch = 8;
  stop_after stop(2);

  const policy_file whole(train_base(be, data, o, folder / "whole").policy);
  (void)train_base(be, data, o, folder / "parts", stop.hooks());
  const train_base_result parts = train_base(be, data, o, folder / "parts");

  EXPECT_EQ(read_text(whole.path()), read_text(parts.policy));
  const visuomotor_field field(whole.manifest().specification, whole.manifest().network);
  parameter_store<backend> drawn(be, field.layout(), rng_key{o.seed}.split(0));
  const visuomotor_policy<backend> trained = load_policy(be, whole);
  const index_t encoder = field.layout().size() - field.velocity_layout().size();
  index_t changed = 0;
  for (index_t i = 0; i < encoder; ++i) {
    changed += trained.values(weight_set::raw)(i) != drawn.values()(i) ? 1 : 0;
  }
  EXPECT_GT(changed, encoder / 2);
}

TEST(TrainBase, SaysWhatIsWrongInOneMessage) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 4});
  const temporary_directory folder;
  const auto message = [&](const train_base_options& o) {
    return message_of<invalid_input>([&] { (void)train_base(be, data, o, folder / "base"); });
  };
  train_base_options horizon = toy_base();
  horizon.data.horizon = 7;
  train_base_options field = toy_base();
  field.data.state = {"velocity"};
  train_base_options batch = toy_base();
  batch.fit.batch = 100'000;
  train_base_options warmup = toy_base();
  warmup.fit.warmup = 5000;

  EXPECT_NE(message(horizon).find("horizon"), std::string::npos);
  EXPECT_NE(message(field).find("velocity"), std::string::npos);
  EXPECT_NE(message(batch).find("100000"), std::string::npos);
  EXPECT_NE(message(warmup).find("warm-up"), std::string::npos);
}

}  // namespace
}  // namespace flowkit::policy
