#include "core/stages/mode_classes.hpp"

#include "core/stages/measuring.hpp"

#include <flowkit/align/neighbourhood.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace flowkit::policy::detail {
namespace {

constexpr index_t compared = 16;

/// The mode of the nearest expert chunk among some windows that have one; -1 without any.
std::int32_t mode_of(const float* chunk, const couplings_view& v, const mode_chunks& chunks,
                     std::span<const row_t> around) {
  double nearest = std::numeric_limits<double>::infinity();
  std::int32_t mode = -1;
  for (const row_t row : around) {
    const std::int32_t of_row = v.mode[static_cast<std::size_t>(row)];
    if (of_row < 0) continue;
    const double d = step_distance(chunk, chunks.experts.data() + row * v.chunk,
                                   v.chunk / chunks.steps, 0, chunks.steps, nearest);
    if (d < nearest) {
      nearest = d;
      mode = of_row;
    }
  }
  return mode;
}

/// Numbers of pairs by mode.
struct counts {
  index_t experts = 0;
  index_t before = 0;
  index_t after = 0;
};

mode_balance columns(const std::map<std::int32_t, counts>& by_mode) {
  mode_balance out;
  for (const auto& [mode, n] : by_mode) {
    out.mode.push_back(mode);
    out.experts.push_back(n.experts);
    out.before.push_back(n.before);
    out.after.push_back(n.after);
  }
  return out;
}

}  // namespace

bool has_modes(const couplings_view& v) {
  return std::any_of(v.mode.begin(), v.mode.end(), [](std::int32_t m) { return m >= 0; });
}

std::span<const row_t> nearest_windows::of(row_t window) const {
  const auto at = std::lower_bound(windows.begin(), windows.end(), window) - windows.begin();
  return std::span(lists).subspan(static_cast<std::size_t>(at * count),
                                  static_cast<std::size_t>(count));
}

std::vector<row_t> windows_of_pairs(const couplings_view& v) {
  std::vector<row_t> windows(v.window.begin(), v.window.end());
  std::sort(windows.begin(), windows.end());
  windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
  return windows;
}

mode_balance balance_of(const couplings_view& v, const mode_chunks& chunks,
                        const nearest_windows& near) {
  const window_origin origin{v.episode, v.offset, chunks.steps};
  std::map<std::int32_t, counts> by_mode;
  std::vector<row_t> around;
  row_t around_of = -1;
  index_t switched = 0;
  index_t all = 0;
  for (index_t i = 0; i < v.size(); ++i) {
    const row_t own = v.window[static_cast<std::size_t>(i)];
    if (own != around_of) {
      choose_neighbours(near.of(own), own, origin, compared, around);
      around_of = own;
    }
    const std::int32_t before = mode_of(chunks.before.data() + i * v.chunk, v, chunks, around);
    const std::int32_t after = mode_of(chunks.after.data() + i * v.chunk, v, chunks, around);
    const std::int32_t expert = v.mode[static_cast<std::size_t>(own)];
    if (before < 0 || expert < 0) continue;
    ++all;
    ++by_mode[expert].experts;
    ++by_mode[before].before;
    ++by_mode[after].after;
    switched += before != after ? 1 : 0;
  }
  mode_balance out = columns(by_mode);
  out.switched = switched;
  out.counted = all;
  return out;
}

}  // namespace flowkit::policy::detail
