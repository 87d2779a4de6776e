#include "state.hpp"

namespace flowkit {
namespace {

template <class T>
bool contiguous_rows(const view<T, 2, host_space>& v) {
  return v.shape()[1] <= 1 || v.strides()[1] == 1;
}

/// Copies row `source` of x to row `target` of y.
template <class T>
void copy_row(const view<const T, 2, host_space>& x, index_t source,
              const view<T, 2, host_space>& y, index_t target) {
  FLOWKIT_EXPECT(source >= 0 && source < x.shape()[0] && target >= 0 && target < y.shape()[0]);
  std::memcpy(y.data() + target * y.strides()[0], x.data() + source * x.strides()[0],
              static_cast<std::size_t>(y.shape()[1]) * sizeof(T));
}

}  // namespace

template <class T>
void eigen<T>::gather_rows(constant_view<2> x, constant_view<1, row_t> rows, mutable_view<2> y) {
  FLOWKIT_EXPECT(contiguous_rows(x) && contiguous_rows(y) && x.shape()[1] == y.shape()[1]);
  FLOWKIT_EXPECT(rows.shape()[0] == y.shape()[0]);
  if (y.empty()) return;
  this->split_rows(y.shape()[0], y.shape()[1], [&](index_t i) { copy_row(x, rows(i), y, i); });
}

template <class T>
void eigen<T>::scatter_rows(constant_view<2> x, constant_view<1, row_t> rows, mutable_view<2> y) {
  FLOWKIT_EXPECT(contiguous_rows(x) && contiguous_rows(y) && x.shape()[1] == y.shape()[1]);
  FLOWKIT_EXPECT(rows.shape()[0] == x.shape()[0]);
  if (x.empty()) return;
  this->split_rows(x.shape()[0], x.shape()[1], [&](index_t i) { copy_row(x, i, y, rows(i)); });
}

template void eigen<float>::gather_rows(constant_view<2>, constant_view<1, row_t>, mutable_view<2>);
template void eigen<double>::gather_rows(constant_view<2>, constant_view<1, row_t>,
                                         mutable_view<2>);
template void eigen<float>::scatter_rows(constant_view<2>, constant_view<1, row_t>,
                                         mutable_view<2>);
template void eigen<double>::scatter_rows(constant_view<2>, constant_view<1, row_t>,
                                          mutable_view<2>);

}  // namespace flowkit
