#include "rows.hpp"
#include "state.hpp"
#include "window_rows.hpp"

#include <algorithm>
#include <limits>

namespace flowkit {
namespace {

/// One image of a pooling pass; `scratch` holds two values per channel.
template <class T>
struct pool_task {
  const kernel_table<T>& kernels;
  const window_lines& windows;
  const T* image;
  extents<4> strides;
  T* scratch;

  [[nodiscard]] index_t channels() const { return windows.image[3]; }
  [[nodiscard]] T* best() const { return scratch; }
  [[nodiscard]] T* tap() const { return scratch + channels(); }
};

/// The range of kernel positions on one axis whose pixels lie in the image.
struct tap_range {
  index_t first;
  index_t last;
};

tap_range taps_inside(index_t start, index_t kernel, index_t size) {
  return {std::max<index_t>(0, -start), std::min(kernel, size - start)};
}

/// The maximum of the window at (row, column), and the number row * width + column of its pixel.
template <class T>
void pool_window(const pool_task<T>& t, index_t row, index_t column, T* y, row_t* chosen) {
  const convolution_geometry& g = t.windows.geometry;
  const index_t top = t.windows.input_row(row, 0);
  const index_t left = t.windows.input_column(column, 0);
  const tap_range down = taps_inside(top, g.kernel[0], t.windows.image[1]);
  const tap_range across = taps_inside(left, g.kernel[1], t.windows.image[2]);
  std::fill_n(t.best(), t.channels(), -std::numeric_limits<T>::infinity());
  std::fill_n(t.tap(), t.channels(), static_cast<T>(down.first * g.kernel[1] + across.first));
  for (index_t i = down.first; i < down.last; ++i) {
    for (index_t j = across.first; j < across.last; ++j) {
      const T* pixel = t.image + (top + i) * t.strides[1] + (left + j) * t.strides[2];
      t.kernels.take_larger(t.channels(), pixel, static_cast<T>(i * g.kernel[1] + j), t.best(),
                            t.tap());
    }
  }
  for (index_t c = 0; c < t.channels(); ++c) {
    const auto tap = static_cast<index_t>(t.tap()[c]);
    const index_t pixel_row = top + tap / g.kernel[1];
    y[c] = t.best()[c];
    chosen[c] = static_cast<row_t>(pixel_row * t.windows.image[2] + left + tap % g.kernel[1]);
  }
}

/// Pixels and channels of image n, and the distance of its pixels.
template <class T>
matrix<T> pixels_of(const view<T, 4, host_space>& v, index_t n) {
  return {v.data() + n * v.strides()[0], positions(v).strides()[0]};
}

}  // namespace

template <class T>
void eigen<T>::max_pool(const convolution_geometry& g, constant_view<4> x, mutable_view<4> y,
                        mutable_view<4, row_t> index) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), x.shape()[3]) && index.shape() == y.shape());
  FLOWKIT_EXPECT(g.padding[0] < g.kernel[0] && g.padding[1] < g.kernel[1]);
  const window_lines windows(g, x.shape());
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const auto image = [&](index_t n, T* scratch) {
    const pool_task<T> task{table, windows, x.data() + n * x.strides()[0], x.strides(), scratch};
    const matrix<T> out = pixels_of(y, n);
    const matrix<row_t> chosen = pixels_of(index, n);
    for (index_t p = 0; p < windows.height * windows.width; ++p) {
      pool_window(task, p / windows.width, p % windows.width, out.data + p * out.step,
                  chosen.data + p * chosen.step);
    }
  };
  state_->for_each_image(*this, x.shape()[0],
                         size_of(x.shape()) / std::max<index_t>(1, x.shape()[0]), 2 * x.shape()[3],
                         image);
}

template <class T>
void eigen<T>::max_pool_backward(constant_view<4, row_t> index, constant_view<4> dy,
                                 mutable_view<4> dx) {
  FLOWKIT_EXPECT(index.shape() == dy.shape() && dx.shape()[0] == dy.shape()[0]);
  const index_t windows = dy.shape()[1] * dy.shape()[2];
  this->fill(dx, T(0));
  this->split_rows(dy.shape()[0], windows * dy.shape()[3], [&](index_t n) {
    const matrix<const row_t> chosen = pixels_of(index, n);
    const matrix<const T> from = pixels_of(dy, n);
    const matrix<T> to = pixels_of(dx, n);
    for (index_t p = 0; p < windows; ++p) {
      for (index_t c = 0; c < dy.shape()[3]; ++c) {
        to.data[chosen.data[p * chosen.step + c] * to.step + c] += from.data[p * from.step + c];
      }
    }
  });
}

template <class T>
void eigen<T>::max_pool_jvp(constant_view<4, row_t> index, constant_view<4> dx,
                            mutable_view<4> dy) {
  FLOWKIT_EXPECT(index.shape() == dy.shape() && dx.shape()[0] == dy.shape()[0]);
  const index_t windows = dy.shape()[1] * dy.shape()[2];
  this->split_rows(dy.shape()[0], windows * dy.shape()[3], [&](index_t n) {
    const matrix<const row_t> chosen = pixels_of(index, n);
    const matrix<const T> from = pixels_of(dx, n);
    const matrix<T> to = pixels_of(dy, n);
    for (index_t p = 0; p < windows; ++p) {
      for (index_t c = 0; c < dy.shape()[3]; ++c) {
        to.data[p * to.step + c] = from.data[chosen.data[p * chosen.step + c] * from.step + c];
      }
    }
  });
}

template void eigen<float>::max_pool(const convolution_geometry&, constant_view<4>, mutable_view<4>,
                                     mutable_view<4, row_t>);
template void eigen<double>::max_pool(const convolution_geometry&, constant_view<4>,
                                      mutable_view<4>, mutable_view<4, row_t>);
template void eigen<float>::max_pool_backward(constant_view<4, row_t>, constant_view<4>,
                                              mutable_view<4>);
template void eigen<double>::max_pool_backward(constant_view<4, row_t>, constant_view<4>,
                                               mutable_view<4>);
template void eigen<float>::max_pool_jvp(constant_view<4, row_t>, constant_view<4>,
                                         mutable_view<4>);
template void eigen<double>::max_pool_jvp(constant_view<4, row_t>, constant_view<4>,
                                          mutable_view<4>);

}  // namespace flowkit
