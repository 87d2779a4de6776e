// The experts around one observation: who they are and how far apart their chunks lie.
#pragma once

#include <flowkit/core/platform.hpp>

#include <limits>
#include <span>
#include <vector>

namespace flowkit {

/// Chunks of expert windows in the metric of an alignment, on the host.
struct chunk_set {
  std::span<const double> values;  ///< [count, size]
  index_t size = 0;
  index_t steps = 1;

  [[nodiscard]] const double* chunk(index_t row) const { return values.data() + row * size; }
};

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Mean over steps of the Euclidean distance of two chunks. Infinity as soon as it is known to be
/// above `limit`, mostly after a few steps.
[[nodiscard]] double step_distance(const double* a, const double* b, index_t size, index_t steps,
                                   double limit = no_limit);

/// Where windows were cut; windows of one episode closer than `steps` share actions.
struct window_origin {
  std::span<const row_t> episode;  ///< empty: every window is independent
  std::span<const row_t> offset;
  index_t steps = 1;

  [[nodiscard]] bool overlap(row_t a, row_t b) const;
};

/// Up to `count` windows out of `candidates` (ascending feature distance; -1 ends the list), none
/// overlapping one chosen before it. `own` (-1: unknown) always belongs, first.
void choose_neighbours(std::span<const row_t> candidates, row_t own, const window_origin& origin,
                       index_t count, std::vector<row_t>& chosen);

/// Nearest windows that must be candidates, out of `windows`, so that `choose_neighbours` finds
/// `count` wherever there are as many: each window chosen hides at most 2 steps - 1 of its episode.
[[nodiscard]] index_t candidates_needed(index_t count, const window_origin& origin,
                                        index_t windows);

/// How far apart neighbours act: the q-quantile, q in (0, 1], over the neighbours of the distance
/// from a neighbour's chunk to the nearest other one. Nearest distances, not pairwise ones: two
/// ways of acting at one observation must not make the spacing look wide. 0 for fewer than two
/// neighbours. Allocates.
[[nodiscard]] double chunk_spacing(const chunk_set& chunks, std::span<const row_t> neighbours,
                                   double q);

}  // namespace flowkit
