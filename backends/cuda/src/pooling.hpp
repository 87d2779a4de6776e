// Max pooling: the first largest pixel of every window, and the two linear passes.
#pragma once

#include "columns.hpp"
#include "windows.hpp"

namespace flowkit {
namespace detail {

/// One output number per thread.
struct pool_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  window_shape shape;
  pixel_stack<const float> x;
  pixel_stack<float> y;
  pixel_stack<row_t> index;
  index_t count;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count, threads, 1, [&](index_t e) {
      const index_t position = quotient(e, shape.image[3]);
      const index_t channel = e - position * shape.image[3];
      const index_t line = quotient(position, shape.width);
      const index_t image = quotient(line, shape.height);
      pool(image, line - image * shape.height, position - line * shape.width, channel);
    });
  }

 private:
  /// Kernel positions of one axis over the image.
  struct range {
    index_t first;
    index_t last;
  };
  [[nodiscard]] FLOWKIT_HD range seen(std::size_t axis, index_t window) const {
    const index_t start = window * shape.geometry.stride[axis] - shape.geometry.padding[axis];
    return {start < 0 ? 0 : start,
            least(start + shape.geometry.kernel[axis], shape.image[axis + 1])};
  }

  FLOWKIT_HD void pool(index_t image, index_t i, index_t j, index_t channel) const {
    const range rows = seen(0, i);
    const range columns = seen(1, j);
    float best = -infinite;
    index_t chosen = rows.first * shape.image[2] + columns.first;
    for (index_t r = rows.first; r < rows.last; ++r) {
      for (index_t s = columns.first; s < columns.last; ++s) {
        const float value = x.at(image, r, s, channel);
        if (!(value > best) && value == value) continue;
        best = value;
        chosen = r * shape.image[2] + s;
      }
    }
    y.at(image, i, j, channel) = best;
    index.at(image, i, j, channel) = static_cast<row_t>(chosen);
  }
};

/// y[chosen] += x for every window of one image and channel per thread: several windows may choose
/// one pixel, and a single thread adds them in one order.
struct pool_backward_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  index_t images;
  index_t windows;
  index_t channels;
  stack<const row_t> chosen;
  stack<const float> dy;
  stack<float> dx;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, images * channels, threads, 1, [&](index_t e) {
      const index_t n = quotient(e, channels);
      const index_t c = e - n * channels;
      for (index_t p = 0; p < windows; ++p) dx.at(n, chosen.at(n, p, c), c) += dy.at(n, p, c);
    });
  }
};

/// y = x[chosen]
struct pool_tangent_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  index_t images;
  index_t windows;
  index_t channels;
  stack<const row_t> chosen;
  stack<const float> dx;
  stack<float> dy;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, images * windows * channels, threads, 1, [&](index_t e) {
      const index_t line = quotient(e, channels);
      const index_t c = e - line * channels;
      const index_t n = quotient(line, windows);
      const index_t p = line - n * windows;
      dy.at(n, p, c) = dx.at(n, chosen.at(n, p, c), c);
    });
  }
};

}  // namespace detail

template <class D>
void device_ops<D>::max_pool(const convolution_geometry& g, constant_view<4> x, mutable_view<4> y,
                             mutable_view<4, row_t> index) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), x.shape()[3]) && index.shape() == y.shape());
  FLOWKIT_EXPECT(g.padding[0] < g.kernel[0] && g.padding[1] < g.kernel[1]);
  if (y.empty()) return;
  const detail::pool_pass kernel{detail::window_shape(g, x.shape()), detail::pixel_stack_of(x),
                                 detail::pixel_stack_of(y), detail::pixel_stack_of(index),
                                 y.size()};
  this->device().launch(kernel, detail::parts(y.size(), kernel.threads));
}

template <class D>
void device_ops<D>::max_pool_backward(constant_view<4, row_t> index, constant_view<4> dy,
                                      mutable_view<4> dx) {
  FLOWKIT_EXPECT(index.shape() == dy.shape() && dx.shape()[0] == dy.shape()[0]);
  this->fill(dx, 0.0f);
  if (dy.empty()) return;
  const extents<4>& shape = dy.shape();
  const detail::pool_backward_pass kernel{shape[0],
                                          shape[1] * shape[2],
                                          shape[3],
                                          detail::pixels_of(index),
                                          detail::pixels_of(dy),
                                          detail::pixels_of(dx)};
  this->device().launch(kernel, detail::parts(shape[0] * shape[3], kernel.threads));
}

template <class D>
void device_ops<D>::max_pool_jvp(constant_view<4, row_t> index, constant_view<4> dx,
                                 mutable_view<4> dy) {
  FLOWKIT_EXPECT(index.shape() == dy.shape() && dx.shape()[0] == dy.shape()[0]);
  if (dy.empty()) return;
  const extents<4>& shape = dy.shape();
  const detail::pool_tangent_pass kernel{shape[0],
                                         shape[1] * shape[2],
                                         shape[3],
                                         detail::pixels_of(index),
                                         detail::pixels_of(dx),
                                         detail::pixels_of(dy)};
  this->device().launch(kernel, detail::parts(dy.size(), kernel.threads));
}

}  // namespace flowkit
