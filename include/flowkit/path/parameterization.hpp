// What a network predicts about a point of a path, and the same said in other words.
#pragma once

#include <flowkit/path/concepts.hpp>
#include <flowkit/path/schedule.hpp>

namespace flowkit {

using fn::prediction;

/// Settings of `convert_prediction`.
struct conversion_options {
  prediction from = prediction::velocity;
  prediction to = prediction::data;
  /// Divisors alpha and sigma are not taken below this.
  double least_divisor = 1e-4;
};

/// Rewrites predictions at points xt of an affine path, out [n, d] from value [n, d]:
///   data -> noise:     x0 = (xt - alpha x1) / sigma       singular at t = 1
///   noise -> data:     x1 = (xt - sigma x0) / alpha       singular at t = 0
///   velocity -> both:  solves xt = alpha x1 + sigma x0, v = alpha' x1 + sigma' x0; regular
///   to velocity:       v = alpha' x1 + sigma' x0 with the missing end from above
/// Where a divisor is below `least_divisor` it is replaced by it: the result is finite, and exact
/// only if the numerator is 0. Keep t away from that end instead. Throws invalid_input for unequal
/// shapes or a divisor that is not positive and finite in the backend's scalar. out may lie where
/// value or xt lies.
template <Backend B, Schedule S>
void convert_prediction(B& be, const S& schedule, const conversion_options& options,
                        const_view_of<B, 1> t, const_view_of<B, 2> xt, const_view_of<B, 2> value,
                        view_of<B, 2> out) {
  using T = typename B::value_type;
  const extents<2> shape = xt.shape();
  FLOWKIT_VALIDATE(t.size() == shape[0] && value.shape() == shape && out.shape() == shape,
                   "conversion of predictions ", value.shape(), " to ", out.shape(), " at points ",
                   shape, " and ", t.size(),
                   " times: all matrices must have one shape and a time per row");
  const detail::scalar_option<T> least(options.least_divisor);
  FLOWKIT_VALIDATE(least.positive(), "least divisor ", least,
                   " of a conversion: it must be positive and finite, such as 1e-4");
  const fn::path_convert f(detail::coefficients_in<T>(schedule), options.from, options.to,
                           least.held);
  detail::run_path_pass(be, f, out, repeat_columns(t, shape[1]), xt, value);
}

}  // namespace flowkit
