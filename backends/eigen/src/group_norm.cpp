#include "group_norm_passes.hpp"
#include "state.hpp"

namespace flowkit {

template <class T>
void eigen<T>::normalise(const detail::epilogue_kernels<T>& then, index_t groups, T epsilon,
                         constant_view<3> x, constant_view<1> scale, constant_view<1> shift,
                         std::span<const constant_view<3>> others, mutable_view<3> y,
                         mutable_view<2> mean, mutable_view<2> inverse_deviation) {
  FLOWKIT_EXPECT(x.shape() == y.shape() && scale.dense() && shift.dense());
  FLOWKIT_EXPECT(detail::have_shape<T>(others, x.shape()));
  const detail::group_shape shape = detail::shape_of(groups, x);
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const auto image = [&](index_t n, T* scratch) {
    const detail::image_task<T> task{table, shape, scale.data(), scratch};
    T* means = mean.data() + n * mean.strides()[0];
    T* deviations = inverse_deviation.data() + n * inverse_deviation.strides()[0];
    detail::measure(task, epsilon, matrix_of(x, n), means, deviations);
    then.value(detail::normalised(task, {means, deviations}, shift.data(), matrix_of(x, n)),
               detail::operands_of(others, n).data(), matrix_of(y, n));
  };
  state_->for_each_image(*this, x.shape()[0], shape.positions * shape.channels,
                         detail::vector_count * shape.channels, image);
}

template <class T>
void eigen<T>::normalise_backward(const detail::epilogue_kernels<T>& then, index_t groups,
                                  constant_view<3> x, constant_view<1> scale,
                                  constant_view<1> shift, constant_view<2> mean,
                                  constant_view<2> inverse_deviation,
                                  std::span<const constant_view<3>> others, constant_view<3> dy,
                                  mutable_view<3> dx, mutable_view<1> dscale,
                                  mutable_view<1> dshift,
                                  std::span<const mutable_view<2>> dothers) {
  FLOWKIT_EXPECT(x.shape() == dy.shape() && x.shape() == dx.shape() && scale.dense());
  FLOWKIT_EXPECT(shift.dense() && dscale.dense() && dshift.dense());
  FLOWKIT_EXPECT(detail::have_shape<T>(others, x.shape()));
  const detail::group_shape shape = detail::shape_of(groups, x);
  const index_t batch = x.shape()[0];
  if (shape.positions == 0) {  // no deviation to divide by: nothing has a gradient
    for (const mutable_view<2>& d : dothers) this->fill(d, T(0));
    return;
  }
  const kernel_table<T>& table = kernels<T>(this->instructions());
  // Kept per image and added up in one order afterwards, whatever the number of threads.
  T* sums = state::grown(*this, state_->sums, 2 * batch * shape.channels);
  T* products = sums + batch * shape.channels;
  const auto image = [&](index_t n, T* scratch) {
    const detail::image_task<T> task{table, shape, scale.data(), scratch};
    const detail::statistics<T> known = detail::row_of(mean, inverse_deviation, n);
    std::array<T*, 2 + most_epilogue_operands> out{sums + n * shape.channels,
                                                   products + n * shape.channels};
    for (std::size_t i = 0; i < dothers.size(); ++i) {
      out[2 + i] = dothers[i].data() + n * dothers[i].strides()[0];
    }
    then.pull(detail::normalised(task, known, shift.data(), matrix_of(x, n)),
              detail::operands_of(others, n).data(), matrix_of(dy, n), matrix_of(dx, n),
              out.data());
    detail::normalise_sums(shape, known, out[1]);
    const matrix<const T> dh = then.passes_gradient ? matrix_of(dy, n) : constant(matrix_of(dx, n));
    detail::backward(task, known, dh, matrix_of(x, n), out[0], out[1], matrix_of(dx, n));
  };
  state_->for_each_image(*this, batch, shape.positions * shape.channels,
                         detail::vector_count * shape.channels, image);
  for (index_t n = 0; n < batch; ++n) {
    const index_t from = n * shape.channels;
    table.add(1, shape.channels, {products + from, 0}, {dscale.data(), 0});
    table.add(1, shape.channels, {sums + from, 0}, {dshift.data(), 0});
  }
}

template <class T>
void eigen<T>::group_norm_jvp(index_t groups, constant_view<3> x, constant_view<1> scale,
                              constant_view<2> mean, constant_view<2> inverse_deviation,
                              constant_view<3> dx, mutable_view<3> dy) {
  FLOWKIT_EXPECT(x.shape() == dx.shape() && x.shape() == dy.shape() && scale.dense());
  const detail::group_shape shape = detail::shape_of(groups, x);
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const auto& plain = detail::epilogue_entry<fn::unchanged, T>::of(this->instructions());
  const auto image = [&](index_t n, T* scratch) {
    const detail::image_task<T> task{table, shape, scale.data(), scratch};
    detail::tangent(task, plain, detail::row_of(mean, inverse_deviation, n), matrix_of(dx, n),
                    matrix_of(x, n), matrix_of(dy, n));
  };
  state_->for_each_image(*this, x.shape()[0], shape.positions * shape.channels,
                         detail::vector_count * shape.channels, image);
}

template void eigen<float>::normalise(const detail::epilogue_kernels<float>&, index_t, float,
                                      constant_view<3>, constant_view<1>, constant_view<1>,
                                      std::span<const constant_view<3>>, mutable_view<3>,
                                      mutable_view<2>, mutable_view<2>);
template void eigen<float>::normalise_backward(const detail::epilogue_kernels<float>&, index_t,
                                               constant_view<3>, constant_view<1>, constant_view<1>,
                                               constant_view<2>, constant_view<2>,
                                               std::span<const constant_view<3>>, constant_view<3>,
                                               mutable_view<3>, mutable_view<1>, mutable_view<1>,
                                               std::span<const mutable_view<2>>);
template void eigen<double>::normalise(const detail::epilogue_kernels<double>&, index_t, double,
                                       constant_view<3>, constant_view<1>, constant_view<1>,
                                       std::span<const constant_view<3>>, mutable_view<3>,
                                       mutable_view<2>, mutable_view<2>);
template void eigen<double>::normalise_backward(const detail::epilogue_kernels<double>&, index_t,
                                                constant_view<3>, constant_view<1>,
                                                constant_view<1>, constant_view<2>,
                                                constant_view<2>, std::span<const constant_view<3>>,
                                                constant_view<3>, mutable_view<3>, mutable_view<1>,
                                                mutable_view<1>, std::span<const mutable_view<2>>);
template void eigen<float>::group_norm_jvp(index_t, constant_view<3>, constant_view<1>,
                                           constant_view<2>, constant_view<2>, constant_view<3>,
                                           mutable_view<3>);
template void eigen<double>::group_norm_jvp(index_t, constant_view<3>, constant_view<1>,
                                            constant_view<2>, constant_view<2>, constant_view<3>,
                                            mutable_view<3>);

}  // namespace flowkit
