#include <flowkit/core/thread_pool.hpp>
#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/rollout/collect.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr index_t attempts_before_judging = 20;

/// Episodes that are written at once: making one takes milliseconds, waiting for the disk a tenth
/// of a second.
constexpr std::size_t episodes_per_write = 16;

void validate(const collect_options& o) {
  FLOWKIT_VALIDATE(o.demonstrations > 0, o.demonstrations, " demonstrations: collect at least one");
  FLOWKIT_VALIDATE(o.workers > 0, o.workers, " workers cannot collect: give at least 1");
  FLOWKIT_VALIDATE(o.least_success > 0 && o.least_success <= 1, "a least success of ",
                   o.least_success, " must be above 0 and at most 1");
}

/// Seed of the first attempt that is not in the data set yet.
std::uint64_t next_seed(const collect_options& o, const demonstration_writer& writer) {
  if (writer.episodes() == 0) return o.first_seed;
  const demonstrations there(o.path);
  const auto found = there.per_episode().find("seed");
  if (found == there.per_episode().end())
    throw file_error(o.path, "has no field 'seed' to continue from");
  return static_cast<std::uint64_t>(found->second.converted<std::int64_t>().back()) + 1;
}

/// Episodes on their way to the disk.
class pending_episodes {
 public:
  explicit pending_episodes(demonstration_writer& writer) : writer_(&writer) {}

  void add(recorded_episode episode, std::uint64_t seed) {
    waiting_.push_back({std::move(episode), static_cast<std::int64_t>(seed)});
    if (waiting_.size() >= episodes_per_write) write();
  }

  void write() {
    std::vector<std::vector<named_array_view>> views;
    for (const one& e : waiting_) {
      std::vector<named_array_view>& fields = views.emplace_back();
      for (const auto& [name, value] : e.episode.fields) fields.push_back({name, value.view()});
      fields.push_back({"seed", as_array(std::span<const std::int64_t>(&e.seed, 1), {})});
    }
    writer_->append(std::vector<std::span<const named_array_view>>(views.begin(), views.end()));
    waiting_.clear();
  }

 private:
  struct one {
    recorded_episode episode;
    std::int64_t seed;
  };

  demonstration_writer* writer_;
  std::vector<one> waiting_;
};

void judge(const collect_result& r, std::uint64_t attempts, const collect_options& o) {
  const double success = static_cast<double>(r.demonstrations) / static_cast<double>(attempts);
  FLOWKIT_VALIDATE(attempts < attempts_before_judging || success >= o.least_success,
                   "the expert solved only ", r.demonstrations, " of ", attempts,
                   " episodes, less than the share of ", o.least_success,
                   " that is asked for: use less expert noise or accept a lower share");
}

}  // namespace

collect_result collect_episodes(const demonstration_layout& layout, const episode_recorder& record,
                                const collect_options& options,
                                const std::function<void(index_t done)>& on_episode,
                                const std::atomic<bool>* stop) {
  validate(options);
  demonstration_writer writer(options.path, layout);
  pending_episodes made(writer);
  thread_pool pool(options.workers);
  collect_result out{.demonstrations = writer.episodes()};
  std::uint64_t seed = next_seed(options, writer);
  FLOWKIT_VALIDATE(seed >= options.first_seed, "the demonstrations in ", options.path,
                   " go on with seed ", seed, ", before the first seed of ", options.first_seed,
                   ": give the first seed that they were made with, or another path");
  out.attempts = static_cast<index_t>(seed - options.first_seed);
  std::vector<std::optional<recorded_episode>> attempts(static_cast<std::size_t>(options.workers));
  while (out.demonstrations < options.demonstrations) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
      out.stopped = true;
      break;
    }
    pool.for_each_index(options.workers, [&](index_t i) {
      attempts[static_cast<std::size_t>(i)] =
          record(static_cast<int>(i), seed + static_cast<std::uint64_t>(i));
    });
    // As one worker would: attempts behind the last demonstration do not count, whoever made them.
    for (std::optional<recorded_episode>& episode : attempts) {
      if (out.demonstrations == options.demonstrations) break;
      if (episode) {
        made.add(std::move(*episode), seed);
        ++out.demonstrations;
        out.attempts = static_cast<index_t>(seed - options.first_seed + 1);
        if (on_episode) on_episode(out.demonstrations);
      }
      ++seed;
      judge(out, seed - options.first_seed, options);
    }
  }
  made.write();
  return out;
}

}  // namespace flowkit::policy
