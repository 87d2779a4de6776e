#include "fallbacks.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::detail {
namespace {

constexpr index_t least_rows = 16;
constexpr index_t least_columns = 16;
constexpr index_t least_depth = 16;

}  // namespace

bool runs_on_own_kernel(const product_size& p, index_t least) {
  const bool nothing = p.m == 0 || p.n == 0 || p.k == 0;
  if (nothing || least == 0) return nothing;
  return p.m < least_rows || p.n < least_columns || p.k < least_depth || p.m * p.n * p.k < least;
}

std::vector<std::string> own_kernel_list() {
  return {
      text("matrix products and convolutions with fewer than ", least_rows, " rows, ",
           least_columns, " columns, ", least_depth,
           " terms, or too few "
           "multiplications (onednn_options::least_products): packed f32 kernel"),
      "matrix products with a factor other than 1: packed f32 kernel",
      "the maps between steps and points of convolutions with three taps along lines, and in f32 "
      "with five: vector kernels",
      "group normalisation (oneDNN has it from 3.x on), softmax, pooling, elementwise passes, "
      "sums, "
      "random numbers, nearest search: vector kernels",
  };
}

}  // namespace flowkit::detail
