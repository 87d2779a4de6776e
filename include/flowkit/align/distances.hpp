// Distances between action chunks.
#pragma once

#include <flowkit/align/couplings.hpp>

namespace flowkit {

/// out[i] = mean over steps of the Euclidean distance of chunk i of a and of b, both [n, d].
template <SearchBackend B>
void step_distances(B& be, const_view_of<B, 2> a, const_view_of<B, 2> b, index_t steps,
                    view_of<B, 1> out, workspace<B>& ws) {
  using T = typename B::value_type;
  const scratch_scope scope(ws);
  const index_t n = a.shape()[0];
  const extents<2> by_step{n * steps, a.shape()[1] / steps};
  const view_of<B, 1> per_step = ws.take(extents<1>{n * steps});
  be.row_sums(fn::squared_difference{}, per_step, reshape(a, by_step), reshape(b, by_step));
  be.for_each(fn::square_root{}, per_step, const_view_of<B, 1>(per_step));
  be.row_sums(fn::identity{}, out, const_view_of<B, 2>(reshape(per_step, extents<2>{n, steps})));
  be.for_each(fn::scaled<T>{T(1) / static_cast<T>(steps)}, out, const_view_of<B, 1>(out));
}

}  // namespace flowkit
