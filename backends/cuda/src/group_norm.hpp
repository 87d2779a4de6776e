// Group normalisation and its derivatives.
#pragma once

#include "group_norm_passes.hpp"

namespace flowkit {

template <class D>
void device_ops<D>::group_norm(index_t groups, float epsilon, constant_view<3> x,
                               constant_view<1> scale, constant_view<1> shift, mutable_view<3> y,
                               mutable_view<2> mean, mutable_view<2> inverse_deviation) {
  FLOWKIT_EXPECT(x.shape() == y.shape() && scale.dense() && shift.dense());
  if (y.empty()) return;
  const detail::norm_pass kernel{detail::norm_group_of(groups, x),
                                 epsilon,
                                 detail::stack_of(x),
                                 scale.data(),
                                 shift.data(),
                                 detail::stack_of(y),
                                 detail::statistics_of(mean, inverse_deviation)};
  this->device().launch(kernel, x.shape()[0] * groups);
}

template <class D>
void device_ops<D>::group_norm_backward(index_t groups, constant_view<3> x, constant_view<1> scale,
                                        constant_view<2> mean, constant_view<2> inverse_deviation,
                                        constant_view<3> dy, mutable_view<3> dx,
                                        mutable_view<1> dscale, mutable_view<1> dshift) {
  FLOWKIT_EXPECT(x.shape() == dy.shape() && x.shape() == dx.shape() && scale.dense());
  if (dx.empty()) return;
  const index_t batch = x.shape()[0];
  const index_t channels = x.shape()[2];
  const detail::norm_group group = detail::norm_group_of(groups, x);
  const auto saved = detail::statistics_of(mean, inverse_deviation);
  float* const shifts = this->scratch(use::windows, 2 * batch * channels);
  float* const scales = shifts + batch * channels;
  // The gradients first: dx may be dy.
  this->device().launch(detail::norm_parameters_pass{group, detail::stack_of(x), saved,
                                                     detail::stack_of(dy), shifts, scales},
                        detail::column_blocks(batch, channels));
  const extents<2> shape{batch, channels};
  this->column_sums(fn::identity{}, accumulate::add, dshift, constant_view<2>(shifts, shape));
  this->column_sums(fn::identity{}, accumulate::add, dscale, constant_view<2>(scales, shape));
  this->device().launch(detail::norm_backward_pass{group, detail::stack_of(x), scale.data(), saved,
                                                   detail::stack_of(dy), detail::stack_of(dx)},
                        batch * groups);
}

template <class D>
void device_ops<D>::group_norm_jvp(index_t groups, constant_view<3> x, constant_view<1> scale,
                                   constant_view<2> mean, constant_view<2> inverse_deviation,
                                   constant_view<3> dx, mutable_view<3> dy) {
  FLOWKIT_EXPECT(x.shape() == dx.shape() && x.shape() == dy.shape() && scale.dense());
  if (dy.empty()) return;
  const detail::norm_tangent_pass kernel{detail::norm_group_of(groups, x),
                                         detail::stack_of(x),
                                         scale.data(),
                                         detail::statistics_of(mean, inverse_deviation),
                                         detail::stack_of(dx),
                                         detail::stack_of(dy)};
  this->device().launch(kernel, x.shape()[0] * groups);
}

}  // namespace flowkit
