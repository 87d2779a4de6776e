#include "core/stages/window_set.hpp"

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

window_options lengths(const data_selection& s) {
  return {.horizon = s.horizon, .observe = s.observe, .execute = s.execute};
}

std::vector<index_t> episodes_of(const demonstrations& data, const data_selection& s,
                                 data_part part) {
  episode_split split = split_of(data, s);
  return part == data_part::training ? split.train : split.validation;
}

window_fields fields_of(const data_selection& s) {
  return {
      .state = s.state, .action = s.action, .images = s.cameras, .crop = s.crop, .image_scale = 1};
}

}  // namespace

window_set::window_set(const demonstrations& data, const data_selection& selection, data_part part)
    : data_(&data),
      index_(data.episode_ends(), lengths(selection), episodes_of(data, selection, part)),
      gatherer_(data, index_, fields_of(selection)) {}

std::vector<row_t> window_set::spread(index_t count) const { return spread_rows(size(), count); }

std::vector<row_t> window_set::modes() const {
  const auto found = data_->per_episode().find("mode");
  std::vector<row_t> modes = index_.episodes();
  if (found == data_->per_episode().end() || found->second.size() != data_->episodes()) {
    std::fill(modes.begin(), modes.end(), row_t{-1});
    return modes;
  }
  const std::vector<std::int64_t> recorded = found->second.converted<std::int64_t>();
  constexpr std::int64_t most = 1 << 20;
  for (row_t& m : modes) {
    const std::int64_t mode = recorded[static_cast<std::size_t>(m)];
    m = mode >= 0 && mode < most ? static_cast<row_t>(mode) : row_t{-1};
  }
  return modes;
}

void expect_windows(const window_set& windows, const demonstrations& data,
                    const data_selection& selection) {
  index_t longest = 0;
  index_t begin = 0;
  for (const index_t end : data.episode_ends()) {
    longest = std::max(longest, end - begin);
    begin = end;
  }
  FLOWKIT_VALIDATE(windows.size() > 0, "no episode to learn from in ", data.source(),
                   " is as long as the horizon of ", selection.horizon,
                   " steps needs (policy.horizon); the longest of all has ", longest,
                   " steps: choose a shorter horizon, or longer demonstrations");
}

void expect_batch(index_t batch, index_t samples, std::string_view what, std::string_view setting) {
  FLOWKIT_VALIDATE(batch <= samples, "a batch of ", batch, " (", setting, ") cannot be drawn from ",
                   samples, " ", what, ": choose at most ", samples);
}

std::vector<row_t> spread_rows(index_t size, index_t count) {
  const index_t taken = count > 0 ? std::min(count, size) : size;
  std::vector<row_t> rows(static_cast<std::size_t>(taken));
  for (index_t i = 0; i < taken; ++i) {
    rows[static_cast<std::size_t>(i)] = static_cast<row_t>(i * size / taken);
  }
  return rows;
}

}  // namespace flowkit::policy::detail
