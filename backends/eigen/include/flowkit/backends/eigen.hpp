// The reference backend: host memory, packed matrix products and vector kernels of our own.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backends/held_values.hpp>
#include <flowkit/backends/host_ops.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/fn/epilogue.hpp>

#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace flowkit {

/// Backend on the CPU that every other backend is compared with; `eigen<double>` is the oracle.
/// Satisfies NeuralBackend and SearchBackend, whose comments state what the operations do. Movable,
/// one object per thread of control. No operation allocates once its largest shape has been seen.
template <class T>
class eigen : public host_ops<T> {
 public:
  template <std::size_t R, class U = T>
  using mutable_view = typename host_ops<T>::template mutable_view<R, U>;
  template <std::size_t R, class U = T>
  using constant_view = typename host_ops<T>::template constant_view<R, U>;

  explicit eigen(const host_options& options = {});
  eigen(eigen&&) noexcept;
  eigen& operator=(eigen&&) noexcept;
  ~eigen();

  [[nodiscard]] static constexpr std::string_view name() { return "eigen"; }

  /// A promise that values (dense) stay as they are while the result lives, see HoldingBackend:
  /// weights in them are packed for the product kernel once, not in every product. That takes their
  /// size once more, for each of a matrix and its transpose that is multiplied with.
  [[nodiscard]] held_values hold(constant_view<1> values);
  /// Bytes of what is kept of held values.
  [[nodiscard]] index_t held_bytes() const;

  void gemm(transpose ta, transpose tb, T alpha, constant_view<2> a, constant_view<2> b, T beta,
            mutable_view<2> c);
  void gemm(transpose ta, transpose tb, T alpha, constant_view<3> a, constant_view<3> b, T beta,
            mutable_view<3> c);
  void gemm(transpose ta, transpose tb, T alpha, constant_view<2> a, constant_view<2> b,
            constant_view<1> row, mutable_view<2> c) {
    this->repeat_row(row, c);
    gemm(ta, tb, alpha, a, b, T(1), c);
  }

  void uniform(mutable_view<1> y, rng_key key);
  void normal(mutable_view<1> y, rng_key key);
  template <std::size_t R>
    requires(R != 1)
  void uniform(mutable_view<R> y, rng_key key) { uniform(flatten(y), key); }
  template <std::size_t R>
    requires(R != 1)
  void normal(mutable_view<R> y, rng_key key) { normal(flatten(y), key); }

  void convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w, T beta,
                mutable_view<4> y);
  void convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                              constant_view<2> w, T beta, mutable_view<4> dx);
  void convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                constant_view<1> row, mutable_view<4> y) {
    this->repeat_row(row, as_rows(y));
    convolve(g, x, w, T(1), y);
  }
  void convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                              constant_view<2> w, constant_view<1> row, mutable_view<4> dx) {
    this->repeat_row(row, as_rows(dx));
    convolve_backward_data(g, dy, w, T(1), dx);
  }
  void convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                 constant_view<4> dy, T beta, mutable_view<2> dw);

  template <fn::Epilogue F>
  void group_norm(F, index_t groups, T epsilon, constant_view<3> x, constant_view<1> scale,
                  constant_view<1> shift, const std::array<constant_view<3>, F::others>& others,
                  mutable_view<3> y, mutable_view<2> mean, mutable_view<2> inverse_deviation) {
    normalise(detail::epilogue_entry<F, T>::of(this->instructions()), groups, epsilon, x, scale,
              shift, others, y, mean, inverse_deviation);
  }
  template <fn::Epilogue F>
  void group_norm_backward(F, index_t groups, constant_view<3> x, constant_view<1> scale,
                           constant_view<1> shift, constant_view<2> mean,
                           constant_view<2> inverse_deviation,
                           const std::array<constant_view<3>, F::others>& others,
                           constant_view<3> dy, mutable_view<3> dx, mutable_view<1> dscale,
                           mutable_view<1> dshift,
                           const std::array<mutable_view<2>, F::gradients>& dothers) {
    normalise_backward(detail::epilogue_entry<F, T>::of(this->instructions()), groups, x, scale,
                       shift, mean, inverse_deviation, others, dy, dx, dscale, dshift, dothers);
  }
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
  void nearest_within(const search_radius<T>& within, constant_view<2> chunks,
                      constant_view<2> reference_chunks, constant_view<2> features,
                      constant_view<2> reference_features, mutable_view<1, row_t> index,
                      mutable_view<1> distance, mutable_view<1> feature_distance);

 protected:
  /// What is kept of held values; stays where it is when the backend is moved.
  [[nodiscard]] const std::shared_ptr<detail::held_copies>& held() const;

 private:
  struct state;  // scratch memory of the kernels

  void normalise(const detail::epilogue_kernels<T>& then, index_t groups, T epsilon,
                 constant_view<3> x, constant_view<1> scale, constant_view<1> shift,
                 std::span<const constant_view<3>> others, mutable_view<3> y, mutable_view<2> mean,
                 mutable_view<2> inverse_deviation);
  void normalise_backward(const detail::epilogue_kernels<T>& then, index_t groups,
                          constant_view<3> x, constant_view<1> scale, constant_view<1> shift,
                          constant_view<2> mean, constant_view<2> inverse_deviation,
                          std::span<const constant_view<3>> others, constant_view<3> dy,
                          mutable_view<3> dx, mutable_view<1> dscale, mutable_view<1> dshift,
                          std::span<const mutable_view<2>> dothers);

  std::unique_ptr<state> state_;
};

extern template class eigen<float>;
extern template class eigen<double>;

}  // namespace flowkit
