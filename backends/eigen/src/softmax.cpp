#include "rows.hpp"
#include "state.hpp"

namespace flowkit {

template <class T>
void eigen<T>::softmax(constant_view<3> x, mutable_view<3> y) {
  FLOWKIT_EXPECT(x.shape() == y.shape());
  const index_t rows = x.shape()[1];
  const index_t columns = x.shape()[2];
  if (y.empty()) return;
  const kernel_table<T>& table = kernels<T>(this->instructions());
  this->split_rows(x.shape()[0], rows * columns, [&](index_t n) {
    table.softmax(rows, columns, matrix_of(x, n), matrix_of(y, n));
  });
}

template <class T>
void eigen<T>::softmax_product(constant_view<3> y, constant_view<3> v, mutable_view<3> jv) {
  FLOWKIT_EXPECT(y.shape() == v.shape() && y.shape() == jv.shape());
  const index_t rows = y.shape()[1];
  const index_t columns = y.shape()[2];
  const kernel_table<T>& table = kernels<T>(this->instructions());
  this->split_rows(y.shape()[0], rows * columns, [&](index_t n) {
    table.softmax_product(rows, columns, matrix_of(y, n), matrix_of(v, n), matrix_of(jv, n));
  });
}

template void eigen<float>::softmax(constant_view<3>, mutable_view<3>);
template void eigen<double>::softmax(constant_view<3>, mutable_view<3>);
template void eigen<float>::softmax_product(constant_view<3>, constant_view<3>, mutable_view<3>);
template void eigen<double>::softmax_product(constant_view<3>, constant_view<3>, mutable_view<3>);

}  // namespace flowkit
