// Chooses the copy of the kernels of line tiles by instruction set.
#include "line_tiles.hpp"

namespace flowkit::detail {
namespace {

const tile_kernels& kernels_of(instruction_set set, const line_tile& tile, tile_values what) {
#if defined(FLOWKIT_HAS_ARCH_V4)
  if (set == instruction_set::v4) return arch_v4::kernels_of(tile, what);
#endif
#if defined(FLOWKIT_HAS_ARCH_V3)
  if (set >= instruction_set::v3) return arch_v3::kernels_of(tile, what);
#endif
  static_cast<void>(set);
  return arch_base::kernels_of(tile, what);
}

}  // namespace

void to_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
               index_t columns, const tile_rows<const float>& from, const point_rows<float>& to) {
  kernels_of(set, tile, what).to_points(rows, columns, from, to);
}

void to_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
               index_t columns, const tile_rows<const float>& from,
               const point_rows<std::uint16_t>& to) {
  kernels_of(set, tile, what).to_narrow_points(rows, columns, from, to);
}

void from_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
                 index_t columns, const point_rows<const float>& from, const tile_rows<float>& to,
                 accumulate how) {
  kernels_of(set, tile, what).from_points(rows, columns, from, to, how);
}

}  // namespace flowkit::detail
