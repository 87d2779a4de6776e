#include <flowkit/align/neighbourhood.hpp>
#include <flowkit/core/assert.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowkit {

double step_distance(const double* a, const double* b, index_t size, index_t steps, double limit) {
  const index_t width = size / steps;
  // So far above the limit that rounding of the mean cannot bring it back.
  const double most = limit * static_cast<double>(steps) * (1 + 1e-14);
  double total = 0;
  for (index_t s = 0; s < steps; ++s) {
    double square = 0;
    for (index_t i = s * width; i < (s + 1) * width; ++i) square += (a[i] - b[i]) * (a[i] - b[i]);
    total += std::sqrt(square);
    if (total > most) return no_limit;
  }
  return total / static_cast<double>(steps);
}

bool window_origin::overlap(row_t a, row_t b) const {
  if (episode.empty()) return a == b;
  const auto i = static_cast<std::size_t>(a);
  const auto j = static_cast<std::size_t>(b);
  return episode[i] == episode[j] && std::abs(index_t{offset[i]} - index_t{offset[j]}) < steps;
}

void choose_neighbours(std::span<const row_t> candidates, row_t own, const window_origin& origin,
                       index_t count, std::vector<row_t>& chosen) {
  chosen.clear();
  if (own >= 0) chosen.push_back(own);
  for (const row_t candidate : candidates) {
    if (candidate < 0 || static_cast<index_t>(chosen.size()) == count) return;
    const bool repeats = std::any_of(chosen.begin(), chosen.end(),
                                     [&](row_t other) { return origin.overlap(candidate, other); });
    if (!repeats) chosen.push_back(candidate);
  }
}

index_t candidates_needed(index_t count, const window_origin& origin, index_t windows) {
  const index_t hidden = origin.episode.empty() ? 1 : 2 * origin.steps - 1;
  return count < windows / hidden ? count * hidden : windows;
}

double chunk_spacing(const chunk_set& chunks, std::span<const row_t> neighbours, double q) {
  const std::size_t n = neighbours.size();
  if (n < 2) return 0;
  std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double d = step_distance(chunks.chunk(neighbours[i]), chunks.chunk(neighbours[j]),
                                     chunks.size, chunks.steps, std::max(nearest[i], nearest[j]));
      nearest[i] = std::min(nearest[i], d);
      nearest[j] = std::min(nearest[j], d);
    }
  }
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(n))) - 1;
  std::nth_element(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(rank),
                   nearest.end());
  return nearest[rank];
}

}  // namespace flowkit
