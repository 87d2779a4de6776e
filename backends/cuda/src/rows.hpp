// Rows by number: one thread per element.
#pragma once

#include <flowkit/backends/device/ops.hpp>

namespace flowkit {
namespace detail {

/// to[i, c] = from[rows[i], c], or to[rows[i], c] = from[i, c].
template <bool Scatter>
struct rows_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  const float* from;
  index_t from_step[2];
  const row_t* rows;
  index_t rows_step;
  float* to;
  index_t to_step[2];
  index_t count;
  index_t columns;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count * columns, threads, 1, [&](index_t e) {
      const index_t i = quotient(e, columns);
      const index_t c = e - i * columns;
      const index_t row = rows[i * rows_step];
      const index_t source = Scatter ? i : row;
      const index_t target = Scatter ? row : i;
      to[target * to_step[0] + c * to_step[1]] = from[source * from_step[0] + c * from_step[1]];
    });
  }
};

template <bool Scatter, class D>
void launch_rows(D& device, const view<const float, 2, cuda_space>& x,
                 const view<const row_t, 1, cuda_space>& rows,
                 const view<float, 2, cuda_space>& y) {
  using kernel = rows_pass<Scatter>;
  FLOWKIT_EXPECT(x.shape()[1] == y.shape()[1]);
  const index_t count = rows.shape()[0];
  const index_t columns = y.shape()[1];
  if (count * columns == 0) return;
  device.launch(kernel{x.data(),
                       {x.strides()[0], x.strides()[1]},
                       rows.data(),
                       rows.strides()[0],
                       y.data(),
                       {y.strides()[0], y.strides()[1]},
                       count,
                       columns},
                parts(count * columns, kernel::threads));
}

}  // namespace detail

template <class D>
void device_ops<D>::gather_rows(constant_view<2> x, constant_view<1, row_t> rows,
                                mutable_view<2> y) {
  FLOWKIT_EXPECT(rows.shape()[0] == y.shape()[0]);
  detail::launch_rows<false>(this->device(), x, rows, y);
}

template <class D>
void device_ops<D>::scatter_rows(constant_view<2> x, constant_view<1, row_t> rows,
                                 mutable_view<2> y) {
  FLOWKIT_EXPECT(rows.shape()[0] == x.shape()[0]);
  detail::launch_rows<true>(this->device(), x, rows, y);
}

}  // namespace flowkit
