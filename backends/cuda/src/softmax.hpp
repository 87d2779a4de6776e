// Softmax over the middle axis: blocks of 32 columns, 8 positions at a time.
#pragma once

#include "columns.hpp"

#include <cmath>

namespace flowkit {
namespace detail {

struct larger_of {
  FLOWKIT_HD float operator()(float a, float b) const { return a < b ? b : a; }
};

struct softmax_pass {
  static constexpr int threads = column_side * warp_threads;
  struct shared_memory {
    column_values<float> largest;
    column_values<float> sum;
  };
  index_t rows;
  index_t columns;
  stack<const float> x;
  stack<float> y;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    const column_block part = column_block::of(block, rows, columns);
    const auto input = [&](index_t row, index_t column, int) {
      return x.at(part.image, row, column);
    };
    part.reduce(block, shared.largest, -infinite, input, larger_of{});
    const auto raised = [&](index_t row, index_t column, int lane) {
      return std::exp(x.at(part.image, row, column) - shared.largest.value[0][lane]);
    };
    part.reduce(block, shared.sum, 0, raised, plus{});
    part.last(block, [&](index_t row, index_t column, int lane) {
      y.at(part.image, row, column) = raised(row, column, lane) / shared.sum.value[0][lane];
    });
  }
};

/// jv = y (v - sum of y v), the product with diag(y) - y y^T.
struct softmax_product_pass {
  static constexpr int threads = column_side * warp_threads;
  using shared_memory = column_values<float>;
  index_t rows;
  index_t columns;
  stack<const float> y;
  stack<const float> v;
  stack<float> jv;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& mean = block.shared();
    const column_block part = column_block::of(block, rows, columns);
    const auto product = [&](index_t row, index_t column, int) {
      return y.at(part.image, row, column) * v.at(part.image, row, column);
    };
    part.reduce(block, mean, 0, product, plus{});
    part.last(block, [&](index_t row, index_t column, int lane) {
      jv.at(part.image, row, column) =
          y.at(part.image, row, column) * (v.at(part.image, row, column) - mean.value[0][lane]);
    });
  }
};

}  // namespace detail

template <class D>
void device_ops<D>::softmax(constant_view<3> x, mutable_view<3> y) {
  FLOWKIT_EXPECT(x.shape() == y.shape());
  if (y.empty()) return;
  const index_t columns = x.shape()[2];
  this->device().launch(
      detail::softmax_pass{x.shape()[1], columns, detail::stack_of(x), detail::stack_of(y)},
      x.shape()[0] * detail::parts(columns, detail::warp_threads));
}

template <class D>
void device_ops<D>::softmax_product(constant_view<3> y, constant_view<3> v, mutable_view<3> jv) {
  FLOWKIT_EXPECT(y.shape() == v.shape() && y.shape() == jv.shape());
  if (y.empty()) return;
  const index_t columns = y.shape()[2];
  this->device().launch(detail::softmax_product_pass{y.shape()[1], columns, detail::stack_of(y),
                                                     detail::stack_of(v), detail::stack_of(jv)},
                        y.shape()[0] * detail::parts(columns, detail::warp_threads));
}

}  // namespace flowkit
