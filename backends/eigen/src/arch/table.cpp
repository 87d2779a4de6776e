#include "kernels.hpp"

namespace flowkit::FLOWKIT_ARCH {

template <class T>
const kernel_table<T>& kernels() {
  static constexpr kernel_table<T> table{
      .gemm = gemm<T>,
      .pack = pack_operand<T>,
      .add = column_kernels<T>::add,
      .sum = column_kernels<T>::sum,
      .squares = column_kernels<T>::squares,
      .combine = column_kernels<T>::combine,
      .softmax = softmax_kernels<T>::value,
      .softmax_product = softmax_kernels<T>::product,
      .take_larger = column_kernels<T>::take_larger,
      .columns_below = search_kernels<T>::columns_below,
      .first_below_both = search_kernels<T>::first_below_both,
      .lowest_below_both = search_kernels<T>::lowest_below_both,
      .squared_distance = search_kernels<T>::squared_distance,
      .uniform = random_kernels<T>::uniform,
      .normal = random_kernels<T>::normal,
  };
  return table;
}

template const kernel_table<float>& kernels();
template const kernel_table<double>& kernels();

}  // namespace flowkit::FLOWKIT_ARCH
