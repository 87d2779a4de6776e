#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/rollout/collect.hpp>

#include <gmock/gmock.h>
#include <support/files.hpp>

#include <array>
#include <set>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

demonstration_layout layout() {
  return {.fields = {{"action", dtype::f32, {1}}},
          .per_episode = {{"seed", dtype::i64, {}}},
          .attributes = json_object{}};
}

/// Episodes whose numbers are their seed; every third seed fails.
std::optional<recorded_episode> record(int, std::uint64_t seed) {
  if (seed % 3 == 0) return std::nullopt;
  const std::array<float, 2> values{static_cast<float>(seed), 1};
  const auto bytes = std::as_bytes(std::span(values));
  recorded_episode out;
  out.fields.emplace_back(
      "action", array(dtype::f32, {2, 1}, std::vector<std::byte>(bytes.begin(), bytes.end())));
  return out;
}

std::vector<std::int64_t> seeds_in(const std::string& path) {
  return demonstrations(path).per_episode().at("seed").converted<std::int64_t>();
}

class Collect : public ::testing::Test {
 protected:
  temporary_directory folder_;
  collect_options options_{.path = folder_ / "data.zarr", .demonstrations = 6, .first_seed = 100};
};

TEST_F(Collect, KeepsTheSuccessfulEpisodesOfConsecutiveSeeds) {
  const collect_result made = collect_episodes(layout(), record, options_);

  EXPECT_EQ(seeds_in(options_.path), (std::vector<std::int64_t>{100, 101, 103, 104, 106, 107}));
  EXPECT_EQ(made.demonstrations, 6);
  EXPECT_EQ(made.attempts, 8);
}

TEST_F(Collect, DoesNotDependOnWorkersOrInterruptions) {
  options_.workers = 3;
  options_.demonstrations = 2;
  (void)collect_episodes(layout(), record, options_);
  options_.workers = 2;
  options_.demonstrations = 6;

  const collect_result made = collect_episodes(layout(), record, options_);

  EXPECT_EQ(seeds_in(options_.path), (std::vector<std::int64_t>{100, 101, 103, 104, 106, 107}));
  EXPECT_EQ(made.attempts, 8);
}

TEST_F(Collect, StopsOnRequestAndContinues) {
  std::atomic<bool> stop{false};
  const auto stop_at_two = [&](index_t done) { stop = done == 2; };

  EXPECT_TRUE(collect_episodes(layout(), record, options_, stop_at_two, &stop).stopped);
  EXPECT_EQ(seeds_in(options_.path), (std::vector<std::int64_t>{100, 101}));

  stop = false;
  EXPECT_FALSE(collect_episodes(layout(), record, options_, {}, &stop).stopped);
  EXPECT_EQ(seeds_in(options_.path).size(), 6U);
}

TEST_F(Collect, RefusesAnExpertThatRarelySucceeds) {
  const auto rarely = [](int worker, std::uint64_t seed) {
    return seed % 10 == 1 ? record(worker, 1) : std::nullopt;
  };
  try {
    (void)collect_episodes(layout(), rarely, options_);
    FAIL();
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("the expert solved only 2 of 20"), std::string::npos)
        << e.what();
  }
}

/// What every number of workers says of this expert.
std::set<std::string> refusals(collect_options options, const episode_recorder& expert) {
  std::set<std::string> out;
  for (const int workers : {1, 3, 32}) {
    const temporary_directory folder;
    options.path = folder / "data.zarr";
    options.workers = workers;
    out.insert(
        message_of<invalid_input>([&] { (void)collect_episodes(layout(), expert, options); }));
  }
  return out;
}

// 32 workers make 22 attempts more than 10 demonstrations need.
TEST_F(Collect, JudgesTheExpertBeforeTheLastDemonstrationWhateverTheWorkers) {
  options_.demonstrations = 10;
  options_.workers = 32;
  const auto perfect = [](int worker, std::uint64_t) { return record(worker, 1); };
  const auto rarely = [](int worker, std::uint64_t seed) {
    return seed % 10 < 4 ? record(worker, 1) : std::nullopt;
  };
  // Poor at first: a judge of whole rounds would count other attempts.
  const auto late = [](int worker, std::uint64_t seed) {
    return seed >= 120 ? record(worker, 1) : std::nullopt;
  };

  const collect_result made = collect_episodes(layout(), perfect, options_);

  EXPECT_EQ(made.demonstrations, 10);
  EXPECT_EQ(made.attempts, 10);
  EXPECT_EQ(made.success(), 1);
  EXPECT_THAT(refusals(options_, rarely), ElementsAre(HasSubstr("only 8 of 20")));
  EXPECT_THAT(refusals(options_, late), ElementsAre(HasSubstr("only 0 of 20")));
}

TEST_F(Collect, RefusesToGoOnFromALaterSeed) {
  (void)collect_episodes(layout(), record, options_);
  options_.first_seed = 200;
  options_.demonstrations = 7;

  const std::string message =
      message_of<invalid_input>([&] { (void)collect_episodes(layout(), record, options_); });

  EXPECT_THAT(message, HasSubstr("go on with seed 108, before the first seed of 200"));
}

TEST_F(Collect, RefusesOptionsThatMakeNoSense) {
  for (const auto& wrong : {collect_options{.path = "x", .demonstrations = 0},
                            collect_options{.path = "x", .workers = 0},
                            collect_options{.path = "x", .least_success = 0}}) {
    EXPECT_THROW((void)collect_episodes(layout(), record, wrong), invalid_input);
  }
}

}  // namespace
}  // namespace flowkit::policy
