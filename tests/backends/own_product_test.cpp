// What the matrix product of the Eigen backend promises beyond the conformance suite.
#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
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

/// The first `rows` rows of a product with a matrix that no first cache holds, of which the last
/// panel of columns is not full.
template <class T>
std::vector<T> first_rows_alone(const host_options& options, index_t rows) {
  constexpr index_t depth = 603;
  constexpr index_t columns = 331;
  eigen<T> be(options);
  tensor<eigen<T>, 2> a(be, {40, depth});
  tensor<eigen<T>, 2> b(be, {depth, columns});
  tensor<eigen<T>, 2> c(be, {rows, columns});
  be.normal(a.view(), {1});
  be.normal(b.view(), {2});
  be.fill(c.view(), T(1));
  be.gemm(transpose::no, transpose::no, T(1), flowkit::rows(std::as_const(a).view(), 0, rows),
          b.view(), T(0.5), c.view());
  return {c.view().data(), c.view().data() + c.size()};
}

TEST(own_product, gives_a_row_the_same_bits_among_few_and_many) {
  for (const instruction_set set :
       {instruction_set::base, instruction_set::v3, instruction_set::v4}) {
    if (set > best_instruction_set()) continue;
    const host_options options{.threads = 1, .instructions = set};
    const auto expect_first_of_many = [&]<class T>(const std::vector<T>& many, index_t rows) {
      const std::vector<T> few = first_rows_alone<T>(options, rows);
      EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()))
          << rows << " rows of " << sizeof(T) << " bytes, set " << static_cast<int>(set);
    };
    const auto many_floats = first_rows_alone<float>(options, 40);
    const auto many_doubles = first_rows_alone<double>(options, 40);
    for (const index_t rows : {1, 3, 4, 7, 13, 18, 36}) {
      expect_first_of_many(many_floats, rows);
      expect_first_of_many(many_doubles, rows);
    }
  }
}

}  // namespace
}  // namespace flowkit
