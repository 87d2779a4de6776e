// The kernels of line tiles of one instruction set.
#pragma once

#include <flowkit/backends/line_tiles.hpp>

namespace flowkit {

/// The map of a kind of values, the same rounded to bf16, and the transposed map.
struct tile_kernels {
  void (*to_points)(index_t rows, index_t columns, const detail::tile_rows<const float>& from,
                    const detail::point_rows<float>& to);
  void (*to_narrow_points)(index_t rows, index_t columns,
                           const detail::tile_rows<const float>& from,
                           const detail::point_rows<std::uint16_t>& to);
  void (*from_points)(index_t rows, index_t columns, const detail::point_rows<const float>& from,
                      const detail::tile_rows<float>& to, accumulate how);
};

// The kernels of every instruction set that a build may contain.
namespace arch_base {
const tile_kernels& kernels_of(const detail::line_tile& tile, detail::tile_values what);
}
namespace arch_v3 {
const tile_kernels& kernels_of(const detail::line_tile& tile, detail::tile_values what);
}
namespace arch_v4 {
const tile_kernels& kernels_of(const detail::line_tile& tile, detail::tile_values what);
}

}  // namespace flowkit
