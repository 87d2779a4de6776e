// Squared errors with optional weights: value and gradient, one pass each.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/workspace.hpp>
#include <flowkit/core/error.hpp>

namespace flowkit {

/// Factors on squared errors. Absent views (no elements) stand for ones.
template <class B>
struct error_weights {
  const_view_of<B, 1> samples = {};   ///< per sample [n]
  const_view_of<B, 2> elements = {};  ///< per element [n, d], for example 0 where padded
  double factor = 1;                  ///< on the whole term, in a sum of several
};

/// A loss and its gradient with respect to the prediction.
template <class B>
struct loss_and_gradient {
  const_view_of<B, 0> loss;
  view_of<B, 2> gradient;
};

namespace detail {

/// Throws invalid_input unless there are errors and every element has a target.
template <class B>
void validate_prediction(const_view_of<B, 2> y, const_view_of<B, 2> target) {
  FLOWKIT_VALIDATE(!y.empty(), "a prediction of shape ", y.shape(),
                   " has no elements, so its mean error is undefined; skip empty batches");
  FLOWKIT_VALIDATE(y.shape() == target.shape(), "a prediction of shape ", y.shape(),
                   " cannot be compared with a target of shape ", target.shape(),
                   ": give one target per element");
}

/// The factor of every element [n, d], broadcast where that is possible.
template <class B>
const_view_of<B, 2> element_weights(B& be, const error_weights<B>& weights, const extents<2>& shape,
                                    workspace<B>& ws) {
  using T = typename B::value_type;
  FLOWKIT_VALIDATE(weights.samples.empty() || weights.samples.size() == shape[0], "there are ",
                   weights.samples.size(), " weights for a prediction of shape ", shape,
                   ": give one per row, or none");
  FLOWKIT_VALIDATE(weights.elements.empty() || weights.elements.shape() == shape,
                   "weights of shape ", weights.elements.shape(), " for a prediction of shape ",
                   shape, ": give one per element, or none");
  if (weights.samples.empty() && !weights.elements.empty()) return weights.elements;
  if (weights.samples.empty()) {
    const view_of<B, 0> one = ws.take(extents<0>{});
    be.fill(one, T(1));
    return repeat_scalar(const_view_of<B, 0>(one), shape);
  }
  const const_view_of<B, 2> by_sample = repeat_columns(weights.samples, shape[1]);
  if (weights.elements.empty()) return by_sample;
  const view_of<B, 2> both = ws.take(shape);
  be.for_each(fn::product_of{}, both, by_sample, weights.elements);
  return both;
}

}  // namespace detail

/// Weighted mean squared error over all elements and its gradient:
///   loss = factor / (n d) sum_ij w_i m_ij (y_ij - target_ij)^2.
/// The mean counts masked elements, so that the loss of a batch is the mean of the losses of its
/// samples and a padded sample weighs less than a full one. Both results live in the workspace.
/// Throws invalid_input for shapes that do not fit.
template <class B>
loss_and_gradient<B> mean_squared_error(B& be, const_view_of<B, 2> y, const_view_of<B, 2> target,
                                        const error_weights<B>& weights, workspace<B>& ws) {
  using T = typename B::value_type;
  detail::validate_prediction<B>(y, target);
  const view_of<B, 0> loss = ws.take(extents<0>{});
  const view_of<B, 2> gradient = ws.take(y.shape());
  const scratch_scope scope(ws);
  const const_view_of<B, 2> w = detail::element_weights(be, weights, y.shape(), ws);
  const double scale = weights.factor / static_cast<double>(y.size());
  be.sum(fn::weighted_squared_difference{}, loss, y, target, w);
  be.for_each(fn::scaled<T>{static_cast<T>(scale)}, loss, const_view_of<B, 0>(loss));
  be.for_each(fn::scaled_difference<T>{static_cast<T>(2 * scale)}, gradient, y, target, w);
  return {loss, gradient};
}

/// The errors behind the mean, one per sample: errors[i] = factor / d sum_j w_i m_ij (...)^2.
/// Throws invalid_input for shapes that do not fit.
template <class B>
void squared_errors(B& be, const_view_of<B, 2> y, const_view_of<B, 2> target,
                    const error_weights<B>& weights, view_of<B, 1> errors, workspace<B>& ws) {
  using T = typename B::value_type;
  detail::validate_prediction<B>(y, target);
  FLOWKIT_VALIDATE(errors.size() == y.shape()[0], "there is room for ", errors.size(),
                   " errors of a prediction of shape ", y.shape(), ": one per row is written");
  const scratch_scope scope(ws);
  const const_view_of<B, 2> w = detail::element_weights(be, weights, y.shape(), ws);
  const double scale = weights.factor / static_cast<double>(y.shape()[1]);
  be.row_sums(fn::weighted_squared_difference{}, errors, y, target, w);
  be.for_each(fn::scaled<T>{static_cast<T>(scale)}, errors, const_view_of<B, 1>(errors));
}

}  // namespace flowkit
