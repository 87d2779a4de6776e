#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/rollout/episode_journal.hpp>
#include <flowkit/policy/rollout/rollout.hpp>
#include <flowkit/policy/runtime.hpp>

#include <gtest/gtest.h>
#include <policy_rollout/point_policy.hpp>
#include <support/files.hpp>

#include <filesystem>
#include <numeric>

namespace flowkit::policy {
namespace {

using testing::point_environment;
using testing::point_manifest;
using testing::temporary_directory;

constexpr index_t block = 4;

class EpisodeJournal : public ::testing::Test {
 protected:
  EpisodeJournal() { std::iota(seeds_.begin(), seeds_.end(), 100U); }

  /// Plays what the journal lacks, side by side; stops when `limit` more episodes are over, without
  /// another word to the journal: like a call that is killed. Returns how many were played.
  index_t play(index_t limit, std::size_t environments) {
    episode_journal journal(path_, block);
    const std::vector<std::uint64_t> missing = journal.missing(seeds_);
    std::vector<point_environment> all(std::min(environments, missing.size()));
    std::atomic<bool> stop{false};
    index_t played = 0;
    rollout_hooks hooks{.stop = &stop};
    hooks.on_episode = [&](const episode_result& e) {
      if (played == limit) return;
      journal.add(e);
      stop = ++played == limit;
    };
    const auto robots = policy_->control({.robots = static_cast<index_t>(all.size())});
    (void)rollouts<point_environment>(*robots, all, {.seeds = missing}).run(hooks);
    if (!stop) journal.write();
    return played;
  }

  /// The whole result as a document, so that every member is compared.
  [[nodiscard]] std::string document() const {
    evaluation_result all{.task = "point", .method = "noise"};
    all.episodes = episode_journal(path_, block).results(seeds_);
    return to_json(to_json_value(all));
  }

  temporary_directory folder_;
  std::string path_ = folder_ / "episodes.json";
  std::vector<std::uint64_t> seeds_ = std::vector<std::uint64_t>(23);
  std::unique_ptr<policy_runtime> policy_ =
      untrained_policy(point_manifest({"x", "goal"}), rng_key{3}, {.backend = "eigen"});
};

TEST_F(EpisodeJournal, KilledAnywhereEndsAsIfItHadNotBeen) {
  (void)play(1000, 5);
  const std::string expected = document();

  for (const index_t killed_after : {1, 4, 7, 11, 22}) {
    std::filesystem::remove(path_);
    (void)play(killed_after, 5);
    const index_t kept = episode_journal(path_, block).size();
    // Whole blocks are kept, and only what is missing is played again, however many at a time.
    EXPECT_EQ(kept, killed_after / block * block);
    EXPECT_EQ(play(1000, 3), 23 - kept);
    EXPECT_EQ(document(), expected) << "killed after " << killed_after;
  }
}

TEST_F(EpisodeJournal, PlaysNothingTwice) {
  (void)play(1000, 5);

  EXPECT_TRUE(episode_journal(path_).missing(seeds_).empty());
  EXPECT_EQ(episode_journal(path_).missing({100, 500}), (std::vector<std::uint64_t>{500}));
}

TEST_F(EpisodeJournal, DamagedOnesCountAsNone) {
  for (const char* bytes : {"", "{", "[]", "{\"format\": \"other\"}", "{\"episodes\": 3}"}) {
    write_text_file(path_, bytes);
    EXPECT_EQ(episode_journal(path_).size(), 0) << bytes;
  }
}

TEST_F(EpisodeJournal, SaysWhichEpisodeIsMissing) {
  const episode_journal empty(path_);
  EXPECT_THROW((void)empty.results({7}), invalid_input);
  EXPECT_THROW(episode_journal(path_, 0), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
