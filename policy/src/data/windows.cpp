#include "data/dataset_parts.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/windows.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace flowkit::policy {
namespace {

std::vector<index_t> all_episodes(std::size_t count) {
  std::vector<index_t> out(count);
  std::iota(out.begin(), out.end(), index_t{0});
  return out;
}

void check_countable(index_t windows) {
  FLOWKIT_VALIDATE(windows <= std::numeric_limits<row_t>::max(), windows,
                   " windows exceed the 2^31 that can be numbered; use fewer episodes");
}

}  // namespace

window_options checked(window_options options) {
  FLOWKIT_VALIDATE(options.observe >= 1 && options.execute >= 1, "observe ", options.observe,
                   " and execute ", options.execute, " must be at least 1");
  FLOWKIT_VALIDATE(options.observe - 1 <= options.horizon - options.execute, "a horizon of ",
                   options.horizon, " does not hold the ", options.execute,
                   " actions from step observe - 1 = ", options.observe - 1,
                   " on; make it longer or execute fewer");
  if (options.pad_before == window_options::from_lengths) options.pad_before = options.observe - 1;
  if (options.pad_after == window_options::from_lengths) options.pad_after = options.execute - 1;
  for (const index_t padding : {options.pad_before, options.pad_after}) {
    FLOWKIT_VALIDATE(padding >= 0 && padding < options.horizon, "a padding of ", padding,
                     " steps is outside 0 to horizon - 1 = ", options.horizon - 1);
  }
  return options;
}

window_index::window_index(std::span<const index_t> episode_ends, const window_options& options)
    : window_index(episode_ends, options, all_episodes(episode_ends.size())) {}

window_index::window_index(std::span<const index_t> episode_ends, const window_options& options,
                           std::span<const index_t> episodes)
    : options_(checked(options)) {
  detail::check_ends(episode_ends);
  index_t previous = -1;
  for (const index_t episode : episodes) {
    FLOWKIT_VALIDATE(episode > previous && episode < static_cast<index_t>(episode_ends.size()),
                     "episode ", episode, " after ", previous,
                     " is not an ascending choice of the ", episode_ends.size(), " there are");
    previous = episode;
    const auto i = static_cast<std::size_t>(episode);
    const index_t begin = i == 0 ? 0 : episode_ends[i - 1];
    const index_t length = episode_ends[i] - begin;
    if (windows_of(length) == 0) continue;
    parts_.push_back({episode, begin, length, count_});
    count_ += windows_of(length);
  }
}

index_t window_index::windows_of(index_t length) const {
  return std::max<index_t>(
      0, length - options_.horizon + options_.pad_before + options_.pad_after + 1);
}

const window_index::part& window_index::part_of(index_t number) const {
  FLOWKIT_EXPECT(number >= 0 && number < count_);
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), number,
                       [](index_t wanted, const part& one) { return wanted < one.windows; });
  return *std::prev(after);
}

const window_index::part* window_index::find_episode(index_t episode) const {
  const auto found =
      std::lower_bound(parts_.begin(), parts_.end(), episode,
                       [](const part& one, index_t wanted) { return one.episode < wanted; });
  return found == parts_.end() || found->episode != episode ? nullptr : &*found;
}

window window_index::operator[](index_t number) const {
  const part& of = part_of(number);
  return {of.episode, number - of.windows - options_.pad_before};
}

index_t window_index::find(const window& where) const {
  const part* const of = find_episode(where.episode);
  const index_t offset = where.first + options_.pad_before;
  if (of == nullptr || offset < 0 || offset >= windows_of(of->length)) return -1;
  return of->windows + offset;
}

index_t window_index::frame(const window& where, index_t step) const {
  const part* const of = find_episode(where.episode);
  FLOWKIT_VALIDATE(of != nullptr, "episode ", where.episode, " has no window");
  return of->begin + std::clamp<index_t>(where.first + step, 0, of->length - 1);
}

std::vector<row_t> window_index::episodes() const {
  check_countable(count_);
  std::vector<row_t> out;
  out.reserve(static_cast<std::size_t>(count_));
  for (const part& of : parts_) {
    out.insert(out.end(), static_cast<std::size_t>(windows_of(of.length)),
               static_cast<row_t>(of.episode));
  }
  return out;
}

std::vector<row_t> window_index::offsets() const {
  check_countable(count_);
  std::vector<row_t> out(static_cast<std::size_t>(count_));
  for (const part& of : parts_) {
    const auto first = out.begin() + of.windows;
    std::iota(first, first + windows_of(of.length), row_t{0});
  }
  return out;
}

}  // namespace flowkit::policy
