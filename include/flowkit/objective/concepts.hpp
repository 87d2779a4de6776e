// What an objective is, and the batch that it reads.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/workspace.hpp>
#include <flowkit/nn/parameters.hpp>

namespace flowkit {

/// Samples to train on, one per row. Views of a batch source, valid until its next batch; optional
/// ones are default-constructed (no elements) when absent.
template <class B>
struct training_batch {
  const_view_of<B, 2> x1;       ///< data [n, d]
  const_view_of<B, 2> x0 = {};  ///< optional stored noise [n, d]: row i belongs to x1's row i
  const_view_of<B, 2> condition = {};  ///< [n, c]; absent for c = 0
  const_view_of<B, 1> weights = {};    ///< optional factors on the samples' errors [n]
  const_view_of<B, 2> mask = {};       ///< optional factors on single elements' errors [n, d]
};

/// A quantity to minimise: `o(be, parameters, batch, key, ws)` adds its gradient to
/// `parameters.gradients` and returns its value, a scalar in the workspace that no host code reads.
/// Laws: the gradient is that of the returned value, except through what the objective states to be
/// held constant (stop-gradient); equal arguments give equal results; nothing synchronises, and
/// nothing is allocated once the workspace has grown to its size.
///
/// Teachers, such as the moving average of the values, are further `parameters<B>` without
/// gradients that an objective is constructed with. A batch may be of another type than
/// training_batch; objective and batch source agree on it.
template <class O, class B, class Batch = training_batch<B>>
concept Objective = requires(O& o, B& be, const parameters<B>& p, const Batch& batch, rng_key key,
                             workspace<B>& ws) {
  { o(be, p, batch, key, ws) } -> std::convertible_to<const_view_of<B, 0>>;
};

/// A distribution of training times: `s.draw(be, t, key)` fills t [n] with values in [0, 1].
/// Law: t[i] depends on the key and i alone.
template <class S, class B>
concept TimeSampler = requires(const S& s, B& be, view_of<B, 1> t, rng_key key) {
  s.draw(be, t, key);
};

namespace detail {

/// The batch with a condition [n, condition_size], also where that has no elements. Throws
/// invalid_input unless the parts fit each other and a network that takes such conditions.
template <class B>
training_batch<B> checked_batch(training_batch<B> batch, index_t condition_size) {
  const extents<2> shape = batch.x1.shape();
  FLOWKIT_VALIDATE(!batch.x1.empty(), "a training batch of shape ", shape,
                   " has no elements, so its mean error is undefined; skip empty batches");
  FLOWKIT_VALIDATE(batch.x0.empty() || batch.x0.shape() == shape, "noise of shape ",
                   batch.x0.shape(), " cannot be paired with data of shape ", shape,
                   ": every row of data needs one row of noise of its size");
  const index_t rows = condition_size > 0 ? shape[0] : batch.condition.shape()[0];
  FLOWKIT_VALIDATE((batch.condition.shape() == extents<2>{rows, condition_size}),
                   "a condition of shape ", batch.condition.shape(),
                   " does not fit the network, which takes ", condition_size,
                   " numbers for each of the ", shape[0],
                   " samples: give one row per sample, or build the network for this condition");
  FLOWKIT_VALIDATE(contiguous_rows(batch.condition), "a condition of shape ",
                   batch.condition.shape(), " with strides ", batch.condition.strides(),
                   ": the numbers of a sample must lie one after the other; copy it into a tensor");
  FLOWKIT_VALIDATE(batch.weights.empty() || batch.weights.size() == shape[0], "there are ",
                   batch.weights.size(), " weights for ", shape[0], " samples: give one each");
  FLOWKIT_VALIDATE(batch.mask.empty() || batch.mask.shape() == shape, "a mask of shape ",
                   batch.mask.shape(), " does not fit data of shape ", shape,
                   ": give one factor per element, or none");
  if (condition_size == 0) batch.condition = {nullptr, extents<2>{shape[0], 0}};
  return batch;
}

}  // namespace detail
}  // namespace flowkit
