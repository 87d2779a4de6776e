// A backend whose kernels run on a device: the operations of concepts NeuralBackend, SearchBackend.
#pragma once

#include <flowkit/backends/device/passes.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/fn/epilogue.hpp>

#include <array>

namespace flowkit {

/// All operations of a backend over the kernels of this folder and the products of a device D. The
/// bodies are compiled once per device, by sources that instantiate this class; the concepts in
/// backend/concepts.hpp state what the operations do. Movable, one object per thread of control.
/// Operations are queued and return; scratch memory grows with the largest shape and is kept.
template <class D>
class device_ops : public device_passes<D> {
 public:
  template <std::size_t R, class U = float>
  using mutable_view = view<U, R, cuda_space>;
  template <std::size_t R, class U = float>
  using constant_view = view<const U, R, cuda_space>;

  using device_passes<D>::device_passes;

  void gemm(transpose ta, transpose tb, float alpha, constant_view<2> a, constant_view<2> b,
            detail::product_start start, mutable_view<2> c);
  void gemm(transpose ta, transpose tb, float alpha, constant_view<3> a, constant_view<3> b,
            float beta, mutable_view<3> c);

  void uniform(mutable_view<1> y, rng_key key);
  void normal(mutable_view<1> y, rng_key key);
  template <std::size_t R>
    requires(R != 1)
  void uniform(mutable_view<R> y, rng_key key) { uniform(flatten(y), key); }
  template <std::size_t R>
    requires(R != 1)
  void normal(mutable_view<R> y, rng_key key) { normal(flatten(y), key); }

  void convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                detail::product_start start, mutable_view<4> y);
  void convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                              constant_view<2> w, detail::product_start start, mutable_view<4> dx);
  void convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                 constant_view<4> dy, float beta, mutable_view<2> dw);

  /// An epilogue that fn/kernels.hpp does not list is a link error.
  template <fn::Epilogue F>
  void group_norm(F, index_t groups, float epsilon, constant_view<3> x, constant_view<1> scale,
                  constant_view<1> shift, const std::array<constant_view<3>, F::others>& others,
                  mutable_view<3> y, mutable_view<2> mean, mutable_view<2> inverse_deviation);
  template <fn::Epilogue F>
  void group_norm_backward(F, index_t groups, constant_view<3> x, constant_view<1> scale,
                           constant_view<1> shift, constant_view<2> mean,
                           constant_view<2> inverse_deviation,
                           const std::array<constant_view<3>, F::others>& others,
                           constant_view<3> dy, mutable_view<3> dx, mutable_view<1> dscale,
                           mutable_view<1> dshift,
                           const std::array<mutable_view<2>, F::gradients>& dothers);
  void group_norm_jvp(index_t groups, constant_view<3> x, constant_view<1> scale,
                      constant_view<2> mean, constant_view<2> inverse_deviation,
                      constant_view<3> dx, mutable_view<3> dy);

  void softmax(constant_view<3> x, mutable_view<3> y);
  void softmax_product(constant_view<3> y, constant_view<3> v, mutable_view<3> jv);

  void max_pool(const convolution_geometry& g, constant_view<4> x, mutable_view<4> y,
                mutable_view<4, row_t> index);
  void max_pool_backward(constant_view<4, row_t> index, constant_view<4> dy, mutable_view<4> dx);
  void max_pool_jvp(constant_view<4, row_t> index, constant_view<4> dx, mutable_view<4> dy);

  void gather_rows(constant_view<2> x, constant_view<1, row_t> rows, mutable_view<2> y);
  void scatter_rows(constant_view<2> x, constant_view<1, row_t> rows, mutable_view<2> y);

  void nearest(constant_view<2> queries, constant_view<2> references, mutable_view<2, row_t> index,
               mutable_view<2> distance);
  void nearest_within(const search_radius<float>& within, constant_view<2> chunks,
                      constant_view<2> reference_chunks, constant_view<2> features,
                      constant_view<2> reference_features, mutable_view<1, row_t> index,
                      mutable_view<1> distance, mutable_view<1> feature_distance);

 private:
  using use = typename device_passes<D>::scratch_use;

  /// Products of a batch of matrices; only a single one starts from a row.
  void multiply_all(transpose ta, transpose tb, float alpha, constant_view<3> a, constant_view<3> b,
                    detail::product_start start, mutable_view<3> c);
  /// A matrix product whose operands are in the device's format, copied where they are not.
  void multiply(detail::device_product product);
};

}  // namespace flowkit
