// Group normalisation and its derivatives.
#pragma once

#include "group_norm_backward_passes.hpp"

namespace flowkit {

template <class D>
template <fn::Epilogue F>
void device_ops<D>::group_norm(F, index_t groups, float epsilon, constant_view<3> x,
                               constant_view<1> scale, constant_view<1> shift,
                               const std::array<constant_view<3>, F::others>& others,
                               mutable_view<3> y, mutable_view<2> mean,
                               mutable_view<2> inverse_deviation) {
  FLOWKIT_EXPECT(x.shape() == y.shape() && scale.dense() && shift.dense());
  if (y.empty()) return;
  const detail::norm_pass<F> kernel{
      {detail::norm_group_of(groups, x), detail::stack_of(x), scale.data(), shift.data()},
      epsilon,
      detail::norm_epilogue_of<F>(others, x.shape()),
      detail::stack_of(y),
      detail::statistics_of(mean, inverse_deviation)};
  this->device().launch(kernel, x.shape()[0] * groups);
}

template <class D>
template <fn::Epilogue F>
void device_ops<D>::group_norm_backward(F, index_t groups, constant_view<3> x,
                                        constant_view<1> scale, constant_view<1> shift,
                                        constant_view<2> mean, constant_view<2> inverse_deviation,
                                        const std::array<constant_view<3>, F::others>& others,
                                        constant_view<3> dy, mutable_view<3> dx,
                                        mutable_view<1> dscale, mutable_view<1> dshift,
                                        const std::array<mutable_view<2>, F::gradients>& dothers) {
  FLOWKIT_EXPECT(x.shape() == dy.shape() && x.shape() == dx.shape());
  FLOWKIT_EXPECT(scale.dense() && shift.dense());
  if (x.shape()[0] * x.shape()[2] == 0) return;
  const extents<2> shape{x.shape()[0], x.shape()[2]};
  const detail::norm_input in{detail::norm_group_of(groups, x), detail::stack_of(x), scale.data(),
                              shift.data()};
  const auto saved = detail::statistics_of(mean, inverse_deviation);
  const auto then = detail::norm_epilogue_of<F>(others, x.shape());
  float* const slopes = this->scratch(use::windows, 2 * size_of(shape));
  float* const products = slopes + size_of(shape);
  detail::norm_sums_pass<F> sums{
      in, saved, then, detail::stack_of(dy), {{slopes, shape[1]}, {products, shape[1]}}};
  detail::channel_numbers* to = sums.sums + 2;
  for (const mutable_view<2>& other : dothers) {
    FLOWKIT_EXPECT(other.shape() == shape && contiguous_rows(other));
    *to++ = {other.data(), other.strides()[0]};
  }
  this->device().launch(sums, detail::column_blocks(shape[0], shape[1]));
  this->column_sums(fn::identity{}, accumulate::add, dshift, constant_view<2>(slopes, shape));
  this->column_sums(fn::identity{}, accumulate::add, dscale, constant_view<2>(products, shape));
  if (dx.empty()) return;
  const detail::norm_backward_pass<F> kernel{
      in, saved, then, detail::stack_of(dy), sums.sums[0], sums.sums[1], detail::stack_of(dx)};
  this->device().launch(kernel, shape[0] * groups);
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
