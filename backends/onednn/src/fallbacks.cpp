#include "fallbacks.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::detail {
namespace {

constexpr index_t least_rows = 16;
constexpr index_t least_columns = 16;
constexpr index_t least_depth = 16;
constexpr index_t least_products = index_t{1} << 19;

}  // namespace

bool runs_on_own_kernels(const product_size& p) {
  return p.alpha != 1 || p.m < least_rows || p.n < least_columns || p.k < least_depth ||
         p.m * p.n * p.k < least_products;
}

std::vector<std::string> own_kernel_list() {
  return {
      text("matrix products and convolutions with fewer than ", least_rows, " rows, ",
           least_columns, " columns, ", least_depth, " terms or ", least_products,
           " multiplications: packed f32 kernel"),
      "matrix products with a factor other than 1: packed f32 kernel",
      "group normalisation (oneDNN has it from 3.x on), softmax, pooling, elementwise passes, "
      "sums, "
      "random numbers, nearest search: vector kernels",
  };
}

}  // namespace flowkit::detail
