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

std::vector<row_t> spread_rows(index_t size, index_t count) {
  const index_t taken = count > 0 ? std::min(count, size) : size;
  std::vector<row_t> rows(static_cast<std::size_t>(taken));
  for (index_t i = 0; i < taken; ++i) {
    rows[static_cast<std::size_t>(i)] = static_cast<row_t>(i * size / taken);
  }
  return rows;
}

}  // namespace flowkit::policy::detail
