// Nearest neighbours on the host, for programs; algorithms search into memory that they hold.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>

#include <vector>

namespace flowkit {

/// For every query its nearest reference row and the squared Euclidean distance to it.
struct neighbours {
  std::vector<row_t> index;  ///< -1 where there is no reference
  std::vector<double> squared_distance;
};

/// Searches exactly; of equally near references the first is taken. queries [n, d], references
/// [m, d]. Throws invalid_input if the widths differ. Allocates. Synchronises.
template <SearchBackend B>
[[nodiscard]] neighbours nearest_neighbours(B& be, const_view_of<B, 2> queries,
                                            const_view_of<B, 2> references) {
  using T = typename B::value_type;
  FLOWKIT_VALIDATE(queries.shape()[1] == references.shape()[1], "queries of shape ",
                   queries.shape(), " cannot be compared with references of shape ",
                   references.shape(), ": their rows must be equally long");
  const index_t n = queries.shape()[0];
  tensor<B, 2, row_t> index(be, {n, 1});
  tensor<B, 2> distance(be, {n, 1});
  be.nearest(queries, references, index.view(), distance.view());
  neighbours out{std::vector<row_t>(static_cast<std::size_t>(n)), {}};
  std::vector<T> distances(static_cast<std::size_t>(n));
  be.download(std::span<row_t>(out.index), const_view_of<B, 1, row_t>(flatten(index.view())));
  be.download(std::span<T>(distances), const_view_of<B, 1>(flatten(distance.view())));
  out.squared_distance.assign(distances.begin(), distances.end());
  return out;
}

}  // namespace flowkit
