#include "image_windows.hpp"

#include <flowkit/fn/arithmetic.hpp>

#include <cstring>

namespace flowkit::detail {

image_windows::sight image_windows::seen_from(index_t column) const {
  const index_t left = column * geometry_.stride[1] - geometry_.padding[1];
  const index_t first = std::clamp<index_t>(-left, 0, geometry_.kernel[1]);
  const index_t last = std::clamp<index_t>(image_[2] - left, first, geometry_.kernel[1]);
  return {first, last, left + first};
}

index_t image_windows::input_row(index_t line, index_t down) const {
  const index_t row = line % height_ * geometry_.stride[0] - geometry_.padding[0] + down;
  return row < image_[1] ? row : -1;
}

void image_windows::lower(const product_executor& by, const view<const float, 4, host_space>& x,
                          index_t line, std::byte* to) const {
  const index_t channels = image_[3];
  const index_t bytes = channels * by.element_size();
  const auto clear = [&](std::byte* at, index_t taps) {
    std::memset(at, 0, static_cast<std::size_t>(taps * bytes));
  };
  for (index_t column = 0; column < width_; ++column) {
    const sight s = seen_from(column);
    for (index_t down = 0; down < geometry_.kernel[0]; ++down, to += geometry_.kernel[1] * bytes) {
      const index_t row = input_row(line, down);
      if (row < 0) {
        clear(to, geometry_.kernel[1]);
        continue;
      }
      clear(to, s.first);
      by.store_rows(s.last - s.first, channels,
                    x.data() + line / height_ * x.strides()[0] + row * x.strides()[1] +
                        s.column * x.strides()[2],
                    x.strides()[2], to + s.first * bytes);
      clear(to + s.last * bytes, geometry_.kernel[1] - s.last);
    }
  }
}

void image_windows::raise(instruction_set set, const float* windows, index_t line,
                          const view<float, 4, host_space>& x) const {
  const index_t channels = image_[3];
  for (index_t column = 0; column < width_; ++column, windows += row_size()) {
    const sight s = seen_from(column);
    for (index_t down = 0; down < geometry_.kernel[0]; ++down) {
      const index_t row = input_row(line, down);
      if (row < 0 || s.first == s.last) continue;
      const extents<2> shape{s.last - s.first, channels};
      const extents<2> strides[] = {extents<2>{x.strides()[2], 1}, extents<2>{channels, 1}};
      const loop_nest<2> loop = collapse(shape, strides);
      const std::tuple<float*, const float*> data{
          x.data() + line / height_ * x.strides()[0] + row * x.strides()[1] +
              s.column * x.strides()[2],
          windows + (down * geometry_.kernel[1] + s.first) * channels};
      run_elementwise(set, fn::add_to{}, loop, data, {0, loop.rows(), 0, loop.inner});
    }
  }
}

}  // namespace flowkit::detail
