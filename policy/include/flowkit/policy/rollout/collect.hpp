// Data sets made by experts: the successful episodes of consecutive seeds, resumable.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/policy/data/demonstration_writer.hpp>

#include <atomic>
#include <functional>
#include <optional>

namespace flowkit::policy {

/// What to collect.
struct collect_options {
  std::string path;              ///< zarr directory, continued if it exists
  index_t demonstrations = 50;   ///< episodes in the data set at the end
  std::uint64_t first_seed = 0;  ///< attempts have the seeds first_seed, first_seed + 1, ...
  double least_success = 0.5;    ///< of the expert; below it nothing good can be learnt
  int workers = 1;               ///< episodes that are made at the same time
};

/// An episode as the writer takes it. The writer adds the per-episode field "seed".
struct recorded_episode {
  std::vector<std::pair<std::string, array>> fields;  ///< of the layout, without "seed"
};

/// Makes the episode of a seed; nothing if the expert failed. Called by several workers at once,
/// each with its own number. A function of the seed alone.
using episode_recorder = std::function<std::optional<recorded_episode>(int worker, std::uint64_t)>;

/// What was collected.
struct collect_result {
  index_t demonstrations = 0;
  index_t attempts = 0;  ///< seeds up to the last demonstration
  bool stopped = false;  ///< on request, with fewer demonstrations than wanted

  [[nodiscard]] double success() const {
    return attempts == 0 ? 0 : static_cast<double>(demonstrations) / static_cast<double>(attempts);
  }
};

/// Appends successful episodes in the order of their seeds until there are enough. A data set that
/// is there already is continued behind its last seed, so a killed collection, which loses up to 16
/// episodes, ends with the same bytes of data. `layout.per_episode` must name {"seed", i64, []}.
/// Throws invalid_input, after at least 20 attempts, if the expert succeeds less often than
/// `least_success`: such a set is not worth learning from; and if `first_seed` lies behind the
/// seeds that are there. Throws file_error. Law: neither data nor errors depend on `workers`.
collect_result collect_episodes(const demonstration_layout& layout, const episode_recorder& record,
                                const collect_options& options,
                                const std::function<void(index_t done)>& on_episode = {},
                                const std::atomic<bool>* stop = nullptr);

}  // namespace flowkit::policy
