// The matrix of windows that turns a convolution into a matrix product, and its adjoint.
#pragma once

#include "kernel_table.hpp"

#include <flowkit/backend/geometry.hpp>
#include <flowkit/core/view.hpp>

#include <algorithm>
#include <cstring>

namespace flowkit {

/// Windows over an image batch: line l = image * output height + output row has one row of
/// taps * channels elements for each of its output columns.
struct window_lines {
  convolution_geometry geometry;
  extents<4> image;  ///< batch, height, width, channels
  index_t height;    ///< output rows
  index_t width;     ///< output columns

  window_lines(const convolution_geometry& g, const extents<4>& shape)
      : geometry(g), image(shape), height(g.windows(0, shape[1])), width(g.windows(1, shape[2])) {}

  [[nodiscard]] index_t lines() const { return image[0] * height; }
  [[nodiscard]] index_t row_size() const { return geometry.taps() * image[3]; }

  /// Input row under kernel row `tap` of an output row; outside [0, image height) in the padding.
  [[nodiscard]] index_t input_row(index_t row, index_t tap) const {
    return row * geometry.stride[0] - geometry.padding[0] + tap;
  }
  /// Output columns [first, last) whose window sees the image at kernel column `tap`.
  [[nodiscard]] index_t first_column(index_t tap) const {
    const index_t before = geometry.padding[1] - tap;
    return before <= 0 ? 0
                       : std::min(width, (before + geometry.stride[1] - 1) / geometry.stride[1]);
  }
  [[nodiscard]] index_t last_column(index_t tap) const {
    const index_t room = image[2] - 1 + geometry.padding[1] - tap;
    return room < 0 ? 0 : std::min(width, room / geometry.stride[1] + 1);
  }
  [[nodiscard]] index_t input_column(index_t column, index_t tap) const {
    return column * geometry.stride[1] - geometry.padding[1] + tap;
  }
};

/// Copies the pixels under one row of the kernel for one output column; padding becomes 0.
template <class T>
void lower_pixels(const window_lines& w, const T* from, index_t pixel_step, index_t column, T* to) {
  const index_t channels = w.image[3];
  const index_t left = w.input_column(column, 0);
  const index_t taps = w.geometry.kernel[1];
  const index_t first = std::clamp<index_t>(-left, 0, taps);
  const index_t last = std::clamp<index_t>(w.image[2] - left, first, taps);
  std::fill(to, to + first * channels, T(0));
  std::fill(to + last * channels, to + taps * channels, T(0));
  const T* source = from + (left + first) * pixel_step;
  const auto bytes = static_cast<std::size_t>(channels) * sizeof(T);
  if (pixel_step == channels) {
    std::memcpy(to + first * channels, source, static_cast<std::size_t>(last - first) * bytes);
  } else {
    for (index_t tap = first; tap < last; ++tap, source += pixel_step) {
      std::memcpy(to + tap * channels, source, bytes);
    }
  }
}

/// Writes the rows of line `line`; padding becomes 0.
template <class T>
void lower_line(const window_lines& w, const view<const T, 4, host_space>& x, index_t line,
                T* rows) {
  const index_t run = w.geometry.kernel[1] * w.image[3];
  for (index_t down = 0; down < w.geometry.kernel[0]; ++down) {
    const index_t row = w.input_row(line % w.height, down);
    const bool inside = row >= 0 && row < w.image[1];
    const index_t start = line / w.height * x.strides()[0] + row * x.strides()[1];
    const T* from = inside ? x.data() + start : nullptr;
    for (index_t column = 0; column < w.width; ++column) {
      T* to = rows + column * w.row_size() + down * run;
      if (inside) {
        lower_pixels(w, from, x.strides()[2], column, to);
      } else {
        std::fill(to, to + run, T(0));
      }
    }
  }
}

/// Adds what lines [first, last) hold for one input row of one image; `rows` starts at line first.
template <class T>
void raise_line(const window_lines& w, const kernel_table<T>& table, index_t first, index_t last,
                const T* rows, index_t image, index_t input_row, T* y, index_t y_step) {
  const index_t channels = w.image[3];
  for (index_t down = 0; down < w.geometry.kernel[0]; ++down) {
    const index_t reach = input_row + w.geometry.padding[0] - down;
    if (reach < 0 || reach % w.geometry.stride[0] != 0) continue;
    const index_t row = reach / w.geometry.stride[0];
    const index_t line = image * w.height + row;
    if (row >= w.height || line < first || line >= last) continue;
    for (index_t across = 0; across < w.geometry.kernel[1]; ++across) {
      const index_t begin = w.first_column(across);
      const index_t count = w.last_column(across) - begin;
      const T* block = rows + ((line - first) * w.width + begin) * w.row_size() +
                       (down * w.geometry.kernel[1] + across) * channels;
      table.add(count, channels, {block, w.row_size()},
                {y + w.input_column(begin, across) * y_step, w.geometry.stride[1] * y_step});
    }
  }
}

}  // namespace flowkit
