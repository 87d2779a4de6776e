// The linear maps of a fast convolution over time: eight products for four results of five taps.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backends/host_kernels.hpp>

namespace flowkit::detail {

/// Four results y_i = sum_j x_(i+j) w_j of five taps w and eight steps x, by Toom and Cook's
/// evaluation of polynomials, transposed (Winograd's minimal filter F(4, 5); Lavin and Gray 2016
/// use it for images):
///
///     y = A' [(G w) * (B' x)],  dw = G' [(A dy) * (B' x)],
///
/// with one product for each of eight points instead of the twenty that the taps and results make.
/// The points 0, +-1, +-2, +-1/2 and infinity keep the coefficients small: among values of equal
/// size the root mean square of rounding errors is 2.9 to 5.5 times (results) and 2.5 to 6 times
/// (taps) that of the twenty products. All results of a tile share its sums, so their errors are
/// relative to its largest step, also where they do not see that one, and a step that is infinite
/// or no number leaves none of them a number.
struct time_tile {
  static constexpr index_t results = 4;
  static constexpr index_t taps = 5;
  static constexpr index_t steps = results + taps - 1;
  static constexpr index_t points = steps;
};

/// What is evaluated at the points: steps by B', taps by G, results by A.
enum class tile_values { steps, taps, results };

constexpr index_t count_of(tile_values what) {
  return what == tile_values::steps  ? time_tile::steps
         : what == tile_values::taps ? time_tile::taps
                                     : time_tile::results;
}

/// Value i of a tile is the matrix at[i], whose rows are `step` apart. Null stands for zeros, or
/// for a value that nobody wants.
template <class T>
struct tile_rows {
  T* at[time_tile::steps];
  index_t step;
};

/// The matrix of point p is data + p * point_step, its rows are `step` apart.
template <class T>
struct point_rows {
  T* data;
  index_t point_step;
  index_t step;
};

/// to[p] = sum_i M[p][i] from[i], element by element of rows x columns, M being the map of `what`.
/// Runs on the calling thread.
void to_points(instruction_set set, tile_values what, index_t rows, index_t columns,
               const tile_rows<const float>& from, const point_rows<float>& to);

/// The transposed map: to[i] = sum_p M[p][i] from[p], or that is added.
void from_points(instruction_set set, tile_values what, index_t rows, index_t columns,
                 const point_rows<const float>& from, const tile_rows<float>& to, accumulate how);

}  // namespace flowkit::detail
