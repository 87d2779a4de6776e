// Convolutions as matrix products of windows, a few images at a time.
#pragma once

#include "columns.hpp"
#include "windows.hpp"

namespace flowkit {
namespace detail {

/// Whether the windows are the pixels themselves.
inline bool is_pointwise(const convolution_geometry& g) { return g == convolution_geometry{}; }

/// Writes the window rows of images [first, first + count) into `memory`, in the format of
/// products.
template <class D>
product_operand lowered(D& device, const window_shape& shape, const pixel_stack<const float>& x,
                        index_t first, index_t count, float* memory) {
  const index_t numbers = count * shape.positions() * shape.row_size();
  const auto write = [&]<class Out>(Out* rows, index_t row_step) {
    const lower_pass<Out> kernel{shape, x, first, numbers, rows, row_step};
    device.launch(kernel, parts(numbers, kernel.threads * kernel.each));
    return product_operand{rows, row_step, 0, std::is_same_v<Out, std::uint16_t>};
  };
  if (device.math() != precision::bf16) return write(memory, shape.row_size());
  return write(reinterpret_cast<std::uint16_t*>(memory), bf16_row_step(shape.row_size()));
}

/// Calls f(first image, images) until all are done.
template <class F>
void for_image_chunks(const window_shape& shape, index_t limit, const F& f) {
  const index_t step = shape.images_at_once(limit);
  for (index_t first = 0; first < shape.image[0]; first += step) {
    f(first, least(step, shape.image[0] - first));
  }
}

/// Numbers of one chunk of window rows, whatever their format.
inline index_t window_numbers(const window_shape& shape, index_t limit) {
  return shape.images_at_once(limit) * shape.positions() * bf16_row_step(shape.row_size());
}

/// The product of a matrix a [m, k] or its transpose with b into c, all of one matrix.
inline device_product single_product(transpose ta, transpose tb, index_t m, index_t n, index_t k,
                                     const product_operand& a, const product_operand& b,
                                     const product_start& start, float* c, index_t c_step) {
  return {ta, tb, m, n, k, 1, 1.0f, start, a, b, c, c_step, 0};
}

}  // namespace detail

template <class D>
void device_ops<D>::convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                             detail::product_start start, mutable_view<4> y) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * x.shape()[3] && start.fits(w.shape()[1]));
  const mutable_view<2> out = positions(y);
  if (detail::is_pointwise(g)) {
    return gemm(transpose::no, transpose::no, 1, positions(x), w, start, out);
  }
  const detail::window_shape shape(g, x.shape());
  if (y.empty()) return;
  const index_t limit = this->device().window_limit();
  float* const memory = this->scratch(use::windows, detail::window_numbers(shape, limit));
  detail::for_image_chunks(shape, limit, [&](index_t first, index_t count) {
    const index_t lines = count * shape.positions();
    float* const c = out.data() + first * shape.positions() * out.strides()[0];
    multiply(detail::single_product(
        transpose::no, transpose::no, lines, w.shape()[1], shape.row_size(),
        detail::lowered(this->device(), shape, detail::pixel_stack_of(x), first, count, memory),
        detail::operand_of(w), start, c, out.strides()[0]));
  });
}

template <class D>
void device_ops<D>::convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                                           constant_view<2> w, detail::product_start start,
                                           mutable_view<4> dx) {
  FLOWKIT_EXPECT(dy.shape() == g.output(dx.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * dx.shape()[3] && start.fits(dx.shape()[3]));
  const constant_view<2> in = positions(dy);
  if (detail::is_pointwise(g)) {
    return gemm(transpose::no, transpose::yes, 1, in, w, start, positions(dx));
  }
  const detail::window_shape shape(g, dx.shape());
  if (dx.empty()) return;
  const index_t limit = this->device().window_limit();
  float* const memory = this->scratch(use::windows, detail::window_numbers(shape, limit));
  const index_t size = shape.row_size();
  detail::for_image_chunks(shape, limit, [&](index_t first, index_t count) {
    const index_t lines = count * shape.positions();
    gemm(transpose::no, transpose::yes, 1, flowkit::rows(in, first * shape.positions(), lines), w,
         0, mutable_view<2>(memory, extents<2>{lines, size}));
    const index_t numbers = count * dx.shape()[1] * dx.shape()[2] * dx.shape()[3];
    const detail::raise_pass kernel{shape,   memory, first,
                                    numbers, start,  detail::pixel_stack_of(dx)};
    this->device().launch(kernel, detail::parts(numbers, kernel.threads));
  });
}

template <class D>
void device_ops<D>::convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                              constant_view<4> dy, float beta, mutable_view<2> dw) {
  FLOWKIT_EXPECT(dy.shape() == g.output(x.shape(), dw.shape()[1]));
  FLOWKIT_EXPECT(dw.shape()[0] == g.taps() * x.shape()[3]);
  const constant_view<2> in = positions(dy);
  if (detail::is_pointwise(g) || in.shape()[0] == 0) {
    const constant_view<2> pixels{x.data(), extents<2>{in.shape()[0], dw.shape()[0]},
                                  positions(x).strides()};
    return gemm(transpose::yes, transpose::no, 1, pixels, in, beta, dw);
  }
  const detail::window_shape shape(g, x.shape());
  if (dw.empty()) return;
  const index_t limit = this->device().window_limit();
  float* const memory = this->scratch(use::windows, detail::window_numbers(shape, limit));
  detail::for_image_chunks(shape, limit, [&](index_t first, index_t count) {
    const index_t lines = count * shape.positions();
    const constant_view<2> slopes = flowkit::rows(in, first * shape.positions(), lines);
    multiply(detail::single_product(
        transpose::yes, transpose::no, shape.row_size(), dw.shape()[1], lines,
        detail::lowered(this->device(), shape, detail::pixel_stack_of(x), first, count, memory),
        detail::operand_of(slopes), detail::product_start(first == 0 ? beta : 1.0f), dw.data(),
        dw.strides()[0]));
  });
}

}  // namespace flowkit
