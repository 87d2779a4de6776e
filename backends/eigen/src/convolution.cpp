#include "rows.hpp"
#include "state.hpp"
#include "window_rows.hpp"

namespace flowkit {
namespace {

/// Elements of window rows held at once: they stay in the last cache, and the memory of a
/// convolution does not grow with the batch.
constexpr index_t lowered_limit = index_t{1} << 21;

/// Lines that are lowered together. Depends on the shapes alone, so that sums do not depend on the
/// number of threads.
index_t lines_at_once(const window_lines& w) {
  const index_t line_size = std::max<index_t>(1, w.width * w.row_size());
  return std::clamp<index_t>(lowered_limit / line_size, 1, std::max<index_t>(1, w.lines()));
}

/// Whether the windows are the pixels themselves.
bool is_pointwise(const convolution_geometry& g) { return g == convolution_geometry{}; }

/// Elements of the window rows that are held at once.
index_t chunk_size(const window_lines& w) { return lines_at_once(w) * w.width * w.row_size(); }

/// Calls f(first line, lines, their window rows as an uninitialised matrix) until all are done.
template <class T, class F>
void for_each_chunk(const window_lines& w, T* data, const F& f) {
  const index_t step = lines_at_once(w);
  for (index_t first = 0; first < w.lines(); first += step) {
    const index_t count = std::min(step, w.lines() - first);
    f(first, count, view<T, 2, host_space>(data, extents<2>{count * w.width, w.row_size()}));
  }
}

}  // namespace

template <class T>
void eigen<T>::convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                        T beta, mutable_view<4> y) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * x.shape()[3]);
  const mutable_view<2> out = positions(y);
  if (is_pointwise(g)) {
    return gemm(transpose::no, transpose::no, T(1), positions(x), w, beta, out);
  }
  const window_lines lines(g, x.shape());
  T* memory = state::grown(*this, state_->lowered, chunk_size(lines));
  for_each_chunk(lines, memory, [&](index_t first, index_t count, auto windows) {
    this->split_rows(count, lines.width * lines.row_size(), [&](index_t i) {
      lower_line(lines, x, first + i, windows.data() + i * lines.width * lines.row_size());
    });
    gemm(transpose::no, transpose::no, T(1), windows, w, beta,
         flowkit::rows(out, first * lines.width, count * lines.width));
  });
}

template <class T>
void eigen<T>::convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                                      constant_view<2> w, T beta, mutable_view<4> dx) {
  FLOWKIT_EXPECT(dy.shape() == g.output(dx.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * dx.shape()[3]);
  const constant_view<2> in = positions(dy);
  if (is_pointwise(g)) {
    return gemm(transpose::no, transpose::yes, T(1), in, w, beta, positions(dx));
  }
  if (beta == T(0)) this->fill(dx, T(0));
  if (beta != T(0) && beta != T(1)) this->for_each(fn::scaled<T>{beta}, dx, constant_view<4>(dx));
  const window_lines lines(g, dx.shape());
  const kernel_table<T>& table = kernels<T>(this->instructions());
  T* memory = state::grown(*this, state_->lowered, chunk_size(lines));
  for_each_chunk(lines, memory, [&](index_t first, index_t count, auto windows) {
    gemm(transpose::no, transpose::yes, T(1),
         flowkit::rows(in, first * lines.width, count * lines.width), w, T(0), windows);
    const index_t height = dx.shape()[1];
    const index_t first_image = first / lines.height;
    const index_t last_image = (first + count - 1) / lines.height + 1;
    this->split_rows((last_image - first_image) * height, lines.width * lines.row_size(),
                     [&](index_t i) {
                       const index_t image = first_image + i / height;
                       T* row = dx.data() + image * dx.strides()[0] + i % height * dx.strides()[1];
                       raise_line(lines, table, first, first + count, windows.data(), image,
                                  i % height, row, dx.strides()[2]);
                     });
  });
}

template <class T>
void eigen<T>::convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                         constant_view<4> dy, T beta, mutable_view<2> dw) {
  FLOWKIT_EXPECT(dy.shape() == g.output(x.shape(), dw.shape()[1]));
  FLOWKIT_EXPECT(dw.shape()[0] == g.taps() * x.shape()[3]);
  const constant_view<2> in = positions(dy);
  if (is_pointwise(g) || in.shape()[0] == 0) {
    const extents<2> shape{in.shape()[0], dw.shape()[0]};
    const constant_view<2> pixels{x.data(), shape, positions(x).strides()};
    return gemm(transpose::yes, transpose::no, T(1), pixels, in, beta, dw);
  }
  const window_lines lines(g, x.shape());
  T* memory = state::grown(*this, state_->lowered, chunk_size(lines));
  for_each_chunk(lines, memory, [&](index_t first, index_t count, auto windows) {
    this->split_rows(count, lines.width * lines.row_size(), [&](index_t i) {
      lower_line(lines, x, first + i, windows.data() + i * lines.width * lines.row_size());
    });
    gemm(transpose::yes, transpose::no, T(1), windows,
         flowkit::rows(in, first * lines.width, count * lines.width), first == 0 ? beta : T(1), dw);
  });
}

template void eigen<float>::convolve(const convolution_geometry&, constant_view<4>,
                                     constant_view<2>, float, mutable_view<4>);
template void eigen<double>::convolve(const convolution_geometry&, constant_view<4>,
                                      constant_view<2>, double, mutable_view<4>);
template void eigen<float>::convolve_backward_data(const convolution_geometry&, constant_view<4>,
                                                   constant_view<2>, float, mutable_view<4>);
template void eigen<double>::convolve_backward_data(const convolution_geometry&, constant_view<4>,
                                                    constant_view<2>, double, mutable_view<4>);
template void eigen<float>::convolve_backward_weights(const convolution_geometry&, constant_view<4>,
                                                      constant_view<4>, float, mutable_view<2>);
template void eigen<double>::convolve_backward_weights(const convolution_geometry&,
                                                       constant_view<4>, constant_view<4>, double,
                                                       mutable_view<2>);

// Inlined where the compiler optimises, called where it does not.
template void eigen<float>::convolve(const convolution_geometry&, constant_view<4>,
                                     constant_view<2>, constant_view<1>, mutable_view<4>);
template void eigen<double>::convolve(const convolution_geometry&, constant_view<4>,
                                      constant_view<2>, constant_view<1>, mutable_view<4>);
template void eigen<float>::convolve_backward_data(const convolution_geometry&, constant_view<4>,
                                                   constant_view<2>, constant_view<1>,
                                                   mutable_view<4>);
template void eigen<double>::convolve_backward_data(const convolution_geometry&, constant_view<4>,
                                                    constant_view<2>, constant_view<1>,
                                                    mutable_view<4>);

}  // namespace flowkit
