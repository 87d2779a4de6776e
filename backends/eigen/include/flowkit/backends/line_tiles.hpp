// The linear maps of fast convolutions along lines: fewer products than taps times results.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backends/host_kernels.hpp>

namespace flowkit::detail {

/// A few results y_i = sum_j x_(i+j) w_j of neighbouring windows over the steps x of a line, by
/// Toom and Cook's evaluation of polynomials, transposed (Winograd's minimal filters F(results,
/// taps); Lavin and Gray 2016 use them for images):
///
///     y = A' [(G w) * (B' x)],  dw = G' [(A dy) * (B' x)],
///
/// with one product for each of results + taps - 1 points instead of results times taps. The
/// points, of which infinity is one, keep the coefficients small. All results of a tile share its
/// sums, so their errors are relative to its largest step, also where they do not see that one, and
/// a step that is infinite or no number leaves none of them a number. Among values of equal size
/// the root mean square of rounding errors, beside that of the products that are saved:
///
///     tile             points                    products   errors of results   of taps
///     two_of_three     0, +-1                    4 for 6    1.3                 1.0 to 1.4
///     three_of_three   0, 1/2, -1, 3/2           5 for 9    1.3 to 2.4          1.3 to 2.4
///     four_of_three    0, +-3/4, +-3/2           6 for 12   1.7 to 2.9          1.8 to 2.7
///     four_of_five     0, +-1, +-2, +-1/2        8 for 20   2.9 to 5.5          2.5 to 6
struct line_tile {
  index_t results;
  index_t taps;

  [[nodiscard]] constexpr index_t steps() const { return results + taps - 1; }
  [[nodiscard]] constexpr index_t points() const { return steps(); }

  friend bool operator==(const line_tile&, const line_tile&) = default;

  static constexpr index_t most_points = 8;
};

/// The tiles that there are kernels for.
inline constexpr line_tile two_of_three{2, 3};
inline constexpr line_tile three_of_three{3, 3};
inline constexpr line_tile four_of_three{4, 3};
inline constexpr line_tile four_of_five{4, 5};

/// What is evaluated at the points: steps by B', taps by G, results by A.
enum class tile_values { steps, taps, results };

[[nodiscard]] constexpr index_t count_of(const line_tile& tile, tile_values what) {
  return what == tile_values::steps  ? tile.steps()
         : what == tile_values::taps ? tile.taps
                                     : tile.results;
}

/// Value i of a tile is the matrix at[i], whose rows are `step` apart. Null stands for zeros, or
/// for a value that nobody wants.
template <class T>
struct tile_rows {
  T* at[line_tile::most_points];
  index_t step;
};

/// The matrix of point p is data + p * point_step, its rows are `step` apart.
template <class T>
struct point_rows {
  T* data;
  index_t point_step;
  index_t step;
};

/// to[p] = sum_i M[p][i] from[i], element by element of rows x columns, M being the map of `what`
/// for one of the tiles above. Runs on the calling thread.
void to_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
               index_t columns, const tile_rows<const float>& from, const point_rows<float>& to);

/// The same, rounded to bfloat16 as by `narrow_to_bf16`.
void to_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
               index_t columns, const tile_rows<const float>& from,
               const point_rows<std::uint16_t>& to);

/// The transposed map: to[i] = sum_p M[p][i] from[p], or that is added.
void from_points(instruction_set set, const line_tile& tile, tile_values what, index_t rows,
                 index_t columns, const point_rows<const float>& from, const tile_rows<float>& to,
                 accumulate how);

}  // namespace flowkit::detail
