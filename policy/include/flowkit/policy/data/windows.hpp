// The windows of a data set: which frames a policy sees, and which actions it answers with.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>
#include <vector>

namespace flowkit::policy {

/// Lengths in steps. A window covers `horizon` steps; its first `observe` steps are observed, and
/// the step observe - 1 is "now"; of the predicted actions, those of the steps observe - 1 to
/// observe - 1 + execute - 1 are executed (Chi et al., RSS 2023, with actions that start at the
/// first observed step).
struct window_options {
  static constexpr index_t from_lengths = -1;

  index_t horizon = 16;
  index_t observe = 2;
  index_t execute = 8;
  index_t pad_before = from_lengths;  ///< steps before an episode; observe - 1 unless given
  index_t pad_after = from_lengths;   ///< steps after an episode; execute - 1 unless given
};

/// The options with paddings filled in. Throws invalid_input unless 1 <= observe <= horizon,
/// observe - 1 + execute <= horizon, and both paddings lie in 0 .. horizon - 1.
[[nodiscard]] window_options checked(window_options options);

/// Where a window was cut: step s is the frame first + s of its episode, where frames before the
/// episode repeat its first frame and frames after it its last one.
struct window {
  index_t episode = 0;
  index_t first = 0;  ///< relative to the episode, from -pad_before
};

/// All windows of some episodes, in the order of the episodes and then of time; an episode of L
/// frames has max(0, L - horizon + pad_before + pad_after + 1) of them. Windows are computed, not
/// stored: memory is of the order of the episodes.
class window_index {
 public:
  /// Of all episodes that end at `episode_ends` (exclusive, strictly increasing from above 0), or
  /// of those in `episodes` alone (ascending, as a split returns them). Throws invalid_input.
  window_index(std::span<const index_t> episode_ends, const window_options& options);
  window_index(std::span<const index_t> episode_ends, const window_options& options,
               std::span<const index_t> episodes);

  [[nodiscard]] const window_options& options() const noexcept { return options_; }
  /// Number of windows.
  [[nodiscard]] index_t size() const noexcept { return count_; }
  [[nodiscard]] window operator[](index_t number) const;
  /// Number of a window, or -1 if there is none cut there.
  [[nodiscard]] index_t find(const window& where) const;
  /// Frame of the data set that step `step` of a window shows, padding included.
  [[nodiscard]] index_t frame(const window& where, index_t step) const;

  /// Episode of every window, for alignment. Throws invalid_input above 2^31 windows.
  [[nodiscard]] std::vector<row_t> episodes() const;
  /// Offset of every window in its episode, counted from the first, padded one: never negative.
  [[nodiscard]] std::vector<row_t> offsets() const;

 private:
  struct part {
    index_t episode;  ///< number in the data set
    index_t begin;    ///< first frame in the data set
    index_t length;   ///< frames
    index_t windows;  ///< of all parts before this one
  };

  [[nodiscard]] const part& part_of(index_t number) const;
  [[nodiscard]] const part* find_episode(index_t episode) const;
  [[nodiscard]] index_t windows_of(index_t length) const;

  window_options options_;
  std::vector<part> parts_;
  index_t count_ = 0;
};

}  // namespace flowkit::policy
