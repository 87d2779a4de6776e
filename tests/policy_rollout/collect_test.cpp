#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/rollout/collect.hpp>

#include <support/files.hpp>

#include <array>

namespace flowkit::policy {
namespace {

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

TEST_F(Collect, RefusesOptionsThatMakeNoSense) {
  for (const auto& wrong : {collect_options{.path = "x", .demonstrations = 0},
                            collect_options{.path = "x", .workers = 0},
                            collect_options{.path = "x", .least_success = 0}}) {
    EXPECT_THROW((void)collect_episodes(layout(), record, wrong), invalid_input);
  }
}

}  // namespace
}  // namespace flowkit::policy
