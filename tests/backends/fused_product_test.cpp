#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace flowkit {
namespace {

/// -(1 + 2 e) + (1 + e)^2 for e = 2^-12: e^2 if the square is not rounded before it is added, else
/// 0.
float residue(instruction_set instructions) {
  eigen<float> be({.threads = 1, .instructions = instructions});
  tensor<eigen<float>, 2> a(be, {1, 2});
  tensor<eigen<float>, 2> b(be, {2, 1});
  tensor<eigen<float>, 2> c(be, {1, 1});
  be.upload(flatten(a.view()), std::vector<float>{-(1 + 0x1p-11F), 1 + 0x1p-12F});
  be.upload(flatten(b.view()), std::vector<float>{1, 1 + 0x1p-12F});

  be.gemm(transpose::no, transpose::no, 1, a.view(), b.view(), 0, c.view());

  return c.view()(0, 0);
}

TEST(fused_product, is_rounded_once_by_every_instruction_set_that_can) {
  for (const instruction_set set : {instruction_set::v3, instruction_set::v4}) {
    if (set > best_instruction_set()) continue;
    EXPECT_EQ(residue(set), 0x1p-24F) << static_cast<int>(set);
  }
}

}  // namespace
}  // namespace flowkit
