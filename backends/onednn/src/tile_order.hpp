// In which order the tiles of a convolution along lines become the rows of matrices.
#pragma once

#include "parts.hpp"

namespace flowkit::detail {

/// Rows for the tiles of images, ordered [block of groups, line, group, tile]: what a tap of a
/// lower or upper line meets lies in one run of rows without gaps, as in `time_windows`, so the
/// lines of padding are left out. A group is an image or, where lines do not see each other, a
/// tile.
class tile_order {
 public:
  struct place {
    index_t image;
    index_t line;
    index_t tile;
  };

  /// Images [batch, lines] with so many tiles to a line. `apart`: lines do not see each other.
  constexpr tile_order(index_t batch, index_t lines, index_t tiles, bool apart)
      : lines_(lines),
        tiles_(tiles),
        group_lines_(apart ? 1 : lines),
        group_tiles_(apart ? 1 : tiles),
        groups_(apart ? batch * lines * tiles : batch) {}

  [[nodiscard]] constexpr index_t groups() const { return groups_; }
  /// Lines of a group.
  [[nodiscard]] constexpr index_t lines() const { return group_lines_; }
  /// Tiles of a line of an image, which are rows next to each other.
  [[nodiscard]] constexpr index_t tiles() const { return tiles_; }
  /// Rows of a group.
  [[nodiscard]] constexpr index_t rows_of_group() const { return group_lines_ * group_tiles_; }
  [[nodiscard]] constexpr index_t rows() const { return groups_ * rows_of_group(); }

  /// Rows of a line of a block.
  [[nodiscard]] constexpr index_t rows_of_line(const span_of& block) const {
    return block.size * group_tiles_;
  }
  /// The first row of a line of a block.
  [[nodiscard]] constexpr index_t row(const span_of& block, index_t line) const {
    return block.first * rows_of_group() + line * rows_of_line(block);
  }

  /// Where the tile of a row lies in the images; the rows of a group lie in its block.
  [[nodiscard]] constexpr place place_of(index_t row, const cut_axis& blocks) const {
    const span_of block = blocks.part(row / (blocks.size * rows_of_group()));
    const index_t inside = row - block.first * rows_of_group();
    const index_t line = inside / rows_of_line(block);
    const index_t rest = inside % rows_of_line(block);
    const index_t group = block.first + rest / group_tiles_;
    if (group_lines_ == lines_ && group_tiles_ == tiles_) return {group, line, rest % tiles_};
    return {group / (lines_ * tiles_), group / tiles_ % lines_, group % tiles_};
  }

 private:
  index_t lines_;
  index_t tiles_;
  index_t group_lines_;
  index_t group_tiles_;
  index_t groups_;
};

}  // namespace flowkit::detail
