// Search for expert windows around observations of which none shares actions with another.
#pragma once

#include <flowkit/align/frame.hpp>
#include <flowkit/align/neighbourhood.hpp>

namespace flowkit {

/// The neighbours of observations among the windows of an expert set, see choose_neighbours.
/// Overlapping windows mostly do not come in the worst order, so a third of the candidates that
/// could be needed is searched first; the few observations for which these run out are searched
/// again. The result is that of one search. Refers to the data.
template <class B>
struct independent_windows {
  const_view_of<B, 2> features;  ///< of the windows, in the metric of the search
  window_origin origin;

  /// Up to `count` neighbours of every observation [n, f], its own window first where it has one
  /// (own[i], or -1): [n, count], filled up with -1. Synchronises. Allocates.
  [[nodiscard]] std::vector<row_t> around(B& be, const_view_of<B, 2> observations,
                                          std::span<const row_t> own, index_t count,
                                          workspace<B>& ws) const {
    const index_t all = candidates_needed(count, origin, features.shape()[0]);
    const index_t likely = std::max(std::min(count, all), all / 3);
    std::vector<row_t> out(own.size() * static_cast<std::size_t>(count), row_t{-1});
    std::vector<row_t> again;
    std::vector<row_t> chosen;
    const auto choose = [&](std::span<const row_t> candidates, index_t i) {
      choose_neighbours(candidates, own[static_cast<std::size_t>(i)], origin, count, chosen);
      std::copy(chosen.begin(), chosen.end(), out.begin() + i * count);
      return static_cast<index_t>(chosen.size()) == count;
    };
    for (index_t first = 0; first < observations.shape()[0]; first += block_size) {
      const index_t n = std::min(block_size, observations.shape()[0] - first);
      const std::vector<row_t> near = nearest(be, rows(observations, first, n), likely, ws);
      for (index_t i = 0; i < n; ++i) {
        const bool full = choose(row_of(near, i, likely), first + i);
        if (!full && likely < all) again.push_back(static_cast<row_t>(first + i));
      }
    }
    for (std::size_t first = 0; first < again.size(); first += block_size) {
      const std::span<const row_t> short_of =
          std::span(again).subspan(first, std::min<std::size_t>(block_size, again.size() - first));
      const std::vector<row_t> near = nearest_of(be, observations, short_of, all, ws);
      for (std::size_t i = 0; i < short_of.size(); ++i) {
        choose(row_of(near, static_cast<index_t>(i), all), short_of[i]);
      }
    }
    return out;
  }

  /// The neighbours of observation i in what `around` returned.
  [[nodiscard]] static std::span<const row_t> of(const std::vector<row_t>& neighbours, index_t i,
                                                 index_t count) {
    const std::span<const row_t> row = row_of(neighbours, i, count);
    const auto end = std::find(row.begin(), row.end(), row_t{-1});
    return row.first(static_cast<std::size_t>(end - row.begin()));
  }

 private:
  /// Observations searched for together; bounds the memory of the candidates.
  static constexpr index_t block_size = 1024;

  static std::span<const row_t> row_of(const std::vector<row_t>& matrix, index_t i,
                                       index_t columns) {
    return {matrix.data() + i * columns, static_cast<std::size_t>(columns)};
  }

  std::vector<row_t> nearest(B& be, const_view_of<B, 2> observations, index_t count,
                             workspace<B>& ws) const {
    const scratch_scope scope(ws);
    const extents<2> shape{observations.shape()[0], count};
    const view_of<B, 2, row_t> found = ws.template take<2, row_t>(shape);
    be.nearest(observations, features, found, ws.take(shape));
    return detail::fetch<B, row_t>(be, flatten(found));
  }

  std::vector<row_t> nearest_of(B& be, const_view_of<B, 2> observations,
                                std::span<const row_t> chosen, index_t count,
                                workspace<B>& ws) const {
    const scratch_scope scope(ws);
    const auto n = static_cast<index_t>(chosen.size());
    const view_of<B, 1, row_t> numbers = ws.template take<1, row_t>(extents<1>{n});
    const view_of<B, 2> gathered = ws.take(extents<2>{n, observations.shape()[1]});
    be.upload(numbers, chosen);
    be.gather_rows(observations, numbers, gathered);
    return nearest(be, gathered, count, ws);
  }
};

}  // namespace flowkit
