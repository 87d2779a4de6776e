// The matrix of windows that turns a convolution into a matrix product, and its adjoint.
#pragma once

#include "products.hpp"

namespace flowkit::detail {

/// Windows over images: one row of taps * channels numbers per output position.
struct window_shape {
  convolution_geometry geometry;
  extents<4> image;  ///< batch, height, width, channels
  index_t height;    ///< output rows
  index_t width;     ///< output columns

  window_shape(const convolution_geometry& g, const extents<4>& shape)
      : geometry(g), image(shape), height(g.windows(0, shape[1])), width(g.windows(1, shape[2])) {}

  [[nodiscard]] FLOWKIT_HD index_t row_size() const {
    return geometry.kernel[0] * geometry.kernel[1] * image[3];
  }
  [[nodiscard]] FLOWKIT_HD index_t positions() const { return height * width; }

  /// Images whose windows are held at once, so that they are at most `limit` numbers.
  [[nodiscard]] index_t images_at_once(index_t limit) const {
    const index_t each = positions() * row_size();
    const index_t fit = each > 0 ? limit / each : image[0];
    return fit < 1 ? 1 : least(fit, image[0]);
  }
};

template <class T>
struct pixel_stack {
  T* data;
  index_t image_step;
  index_t row_step;
  index_t column_step;

  [[nodiscard]] FLOWKIT_HD T& at(index_t image, index_t row, index_t column,
                                 index_t channel) const {
    return data[image * image_step + row * row_step + column * column_step + channel];
  }
};

template <class U>
pixel_stack<U> pixel_stack_of(const view<U, 4, cuda_space>& v) {
  FLOWKIT_EXPECT(v.strides()[3] == 1 || v.shape()[3] <= 1);
  return {v.data(), v.strides()[0], v.strides()[1], v.strides()[2]};
}

FLOWKIT_HD inline void store(float x, float& to) { to = x; }
FLOWKIT_HD inline void store(float x, std::uint16_t& to) { to = to_bf16(x); }

/// Writes window rows, padding as 0; one number per thread and round. Out: float or bfloat16 bits.
template <class Out>
struct lower_pass {
  static constexpr int threads = 256;
  static constexpr int each = 4;
  using shared_memory = no_shared_memory;
  window_shape shape;
  pixel_stack<const float> x;
  index_t first_image;
  index_t count;  ///< numbers in the rows that are written
  Out* rows;
  index_t row_step;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count, threads, each, [&](index_t e) {
      const index_t line = quotient(e, shape.row_size());
      const index_t at = e - line * shape.row_size();
      const index_t tap = quotient(at, shape.image[3]);
      const index_t channel = at - tap * shape.image[3];
      store(pixel(line, tap, channel), rows[line * row_step + at]);
    });
  }

 private:
  [[nodiscard]] FLOWKIT_HD float pixel(index_t line, index_t tap, index_t channel) const {
    const convolution_geometry& g = shape.geometry;
    const index_t image = quotient(line, shape.positions());
    const index_t position = line - image * shape.positions();
    const index_t down = quotient(tap, g.kernel[1]);
    const index_t i = quotient(position, shape.width);
    const index_t row = i * g.stride[0] - g.padding[0] + down;
    const index_t column =
        (position - i * shape.width) * g.stride[1] - g.padding[1] + tap - down * g.kernel[1];
    const bool inside = row >= 0 && row < shape.image[1] && column >= 0 && column < shape.image[2];
    return inside ? x.at(first_image + image, row, column, channel) : 0.0f;
  }
};

/// y = start + what window rows hold for each pixel; one pixel and channel per thread. Every pixel
/// gathers from the windows that see it in one order, so that nothing is added by two threads.
struct raise_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  window_shape shape;
  const float* rows;
  index_t first_image;
  index_t count;  ///< pixels times channels that are written
  product_start start;
  pixel_stack<float> y;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count, threads, 1, [&](index_t e) {
      const index_t pixel = quotient(e, shape.image[3]);
      const index_t channel = e - pixel * shape.image[3];
      const index_t line = quotient(pixel, shape.image[2]);
      const index_t column = pixel - line * shape.image[2];
      const index_t image = quotient(line, shape.image[1]);
      const index_t row = line - image * shape.image[1];
      float& target = y.at(first_image + image, row, column, channel);
      const float old = start.beta == 0 ? 0 : start.beta * target;
      const float begin = start.row != nullptr ? start.row[channel] : old;
      target = begin + gathered(image, row, column, channel);
    });
  }

 private:
  /// The output position whose window has `tap` over pixel `at` of an axis, or -1.
  [[nodiscard]] FLOWKIT_HD index_t window(std::size_t axis, index_t at, index_t tap) const {
    const index_t reach = at + shape.geometry.padding[axis] - tap;
    if (reach < 0) return -1;
    const index_t window = quotient(reach, shape.geometry.stride[axis]);
    const bool hit = window * shape.geometry.stride[axis] == reach &&
                     window < (axis == 0 ? shape.height : shape.width);
    return hit ? window : -1;
  }

  [[nodiscard]] FLOWKIT_HD float gathered(index_t image, index_t row, index_t column,
                                          index_t channel) const {
    const extents<2>& kernel = shape.geometry.kernel;
    float sum = 0;
    for (index_t down = 0; down < kernel[0]; ++down) {
      const index_t i = window(0, row, down);
      for (index_t across = 0; i >= 0 && across < kernel[1]; ++across) {
        const index_t j = window(1, column, across);
        if (j < 0) continue;
        const index_t line = image * shape.positions() + i * shape.width + j;
        sum +=
            rows[line * shape.row_size() + (down * kernel[1] + across) * shape.image[3] + channel];
      }
    }
    return sum;
  }
};

}  // namespace flowkit::detail
