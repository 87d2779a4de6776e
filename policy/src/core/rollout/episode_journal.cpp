#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/rollout/episode_journal.hpp>

#include <filesystem>

namespace flowkit::policy {

episode_journal::episode_journal(std::string path, index_t block)
    : path_(std::move(path)), block_(block) {
  FLOWKIT_VALIDATE(block > 0, "a journal cannot be written every ", block, " episodes");
  if (!std::filesystem::exists(path_)) return;
  try {
    // A journal is an evaluation of which only the episodes are known.
    for (episode_result& e : read_evaluation(path_).episodes) {
      known_.emplace(static_cast<std::uint64_t>(e.seed), std::move(e));
    }
  } catch (const error&) {
    known_.clear();
  }
}

std::vector<std::uint64_t> episode_journal::missing(const std::vector<std::uint64_t>& seeds) const {
  std::vector<std::uint64_t> out;
  for (const std::uint64_t seed : seeds) {
    if (known_.count(seed) == 0) out.push_back(seed);
  }
  return out;
}

void episode_journal::add(const episode_result& episode) {
  known_[static_cast<std::uint64_t>(episode.seed)] = episode;
  if (++unwritten_ >= block_) write();
}

void episode_journal::write() {
  if (unwritten_ == 0) return;
  evaluation_result document{.task = "journal", .method = "journal"};
  for (const auto& [seed, episode] : known_) document.episodes.push_back(episode);
  write_evaluation(path_, document);
  unwritten_ = 0;
}

std::vector<episode_result> episode_journal::results(
    const std::vector<std::uint64_t>& seeds) const {
  std::vector<episode_result> out;
  out.reserve(seeds.size());
  for (const std::uint64_t seed : seeds) {
    const auto found = known_.find(seed);
    FLOWKIT_VALIDATE(found != known_.end(), "the episode of seed ", seed, " was not played");
    out.push_back(found->second);
  }
  return out;
}

}  // namespace flowkit::policy
