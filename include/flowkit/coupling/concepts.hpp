// What a coupling is: which noise belongs to which data of a batch.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/workspace.hpp>
#include <flowkit/core/error.hpp>

namespace flowkit {

/// The samples that a coupling pairs, one per row: x0 and x1 [n, d], condition [n, c], where c may
/// be 0. Data and condition arrive filled, x0 is to be written.
template <class B>
struct pair_batch {
  view_of<B, 2> x0;        ///< noise, t = 0
  const_view_of<B, 2> x1;  ///< data, t = 1
  const_view_of<B, 2> condition;
};

/// A joint distribution of noise and data: `c.draw(be, batch, key, ws)` writes x0 so that row i of
/// x0 is paired with row i of x1. Laws: the marginals are preserved, so every row of x0 is standard
/// normal (or, for stored pairs, the stored row); x1 and condition stay where they are; conditions
/// are not mixed unless a model is told to: given its condition, a row of x0 is standard normal,
/// too; equal keys give equal pairs.
template <class C, class B>
concept Coupling = requires(C& c, B& be, const pair_batch<B>& batch, rng_key key,
                            workspace<B>& ws) {
  c.draw(be, batch, key, ws);
};

}  // namespace flowkit
