// Matrix products against plain loops: all transpositions, strides, scalings and odd sizes.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

template <class Case>
class gemm_conformance : public conformance<Case> {
 protected:
  using base = conformance<Case>;
  using typename base::element;

  static extents<2> stored(transpose t, index_t rows, index_t columns) {
    return t == transpose::no ? extents<2>{rows, columns} : extents<2>{columns, rows};
  }

  /// C starts as NaN when beta is 0.
  void check(index_t m, index_t n, index_t k, transpose ta, transpose tb, double alpha = 1,
             double beta = 0) {
    SCOPED_TRACE(text("m ", m, " n ", n, " k ", k, " transposed ", ta == transpose::yes, " ",
                      tb == transpose::yes, " alpha ", alpha, " beta ", beta));
    const auto a = random_array(stored(ta, m, k), 1);
    const auto b = random_array(stored(tb, k, n), 2);
    const auto c = random_array(extents<2>{m, n}, 3);
    const auto left = on_backend(this->backend_, a);
    const auto right = on_backend(this->backend_, b);
    auto out = beta == 0 ? nan_tensor(this->backend_, c.shape) : on_backend(this->backend_, c);

    this->backend_.gemm(ta, tb, element(alpha), left.view(), right.view(), element(beta),
                        out.view());

    expect_close(on_host(this->backend_, out), product(ta, tb, alpha, a, b, beta, c),
                 Case::product_rounding(k));
  }

  void check_all(index_t m, index_t n, index_t k) {
    for (const transpose ta : {transpose::no, transpose::yes}) {
      for (const transpose tb : {transpose::no, transpose::yes}) check(m, n, k, ta, tb);
    }
  }
};

TYPED_TEST_SUITE(gemm_conformance, backend_cases, backend_case_names);

TYPED_TEST(gemm_conformance, small_and_odd_sizes) {
  for (const index_t m : {1, 2, 5, 13}) {
    for (const index_t n : {1, 3, 16, 33}) {
      for (const index_t k : {1, 4, 7}) this->check_all(m, n, k);
    }
  }
}

TYPED_TEST(gemm_conformance, sizes_beyond_every_block) {
  this->check_all(201, 70, 515);
  this->check_all(37, 2100, 3);
  this->check_all(5, 331, 603);
  this->check_all(64, 96, 257);
}

TYPED_TEST(gemm_conformance, scalings) {
  this->check(19, 35, 21, transpose::no, transpose::no, -0.5, 1);
  this->check(19, 35, 300, transpose::yes, transpose::no, 2, 0.25);
  this->check(150, 140, 300, transpose::no, transpose::yes, 0, -1);
}

TYPED_TEST(gemm_conformance, empty_depth_scales_the_target) {
  this->check(5, 6, 0, transpose::no, transpose::no);
  this->check(5, 6, 0, transpose::yes, transpose::yes, 1, 0.5);
}

TYPED_TEST(gemm_conformance, empty_results) {
  this->check(0, 6, 3, transpose::no, transpose::no);
  this->check(6, 0, 3, transpose::no, transpose::yes);
}

TYPED_TEST(gemm_conformance, strided_rows) {
  auto& be = this->backend_;
  const auto a = random_array(extents<2>{20, 40}, 1);
  const auto b = random_array(extents<2>{30, 50}, 2);
  const auto c = random_array(extents<2>{20, 60}, 3);
  const auto left = on_backend(be, a);
  const auto right = on_backend(be, b);
  auto out = on_backend(be, c);

  be.gemm(transpose::no, transpose::no, 1, columns(left.view(), 3, 30),
          columns(right.view(), 9, 33), 0, columns(out.view(), 5, 33));

  const auto actual = on_host(be, out);
  for (index_t i = 0; i < 20; ++i) {
    for (index_t j = 0; j < 60; ++j) {
      double expected = c(i, j);
      if (j >= 5 && j < 38) {
        expected = 0;
        for (index_t p = 0; p < 30; ++p) expected += a(i, 3 + p) * b(p, 9 + j - 5);
      }
      ASSERT_NEAR(actual(i, j), expected, 4 * TypeParam::product_rounding(30)) << i << " " << j;
    }
  }
}

TYPED_TEST(gemm_conformance, a_row_is_added_to_every_row) {
  auto& be = this->backend_;
  for (const extents<3>& size :
       {extents<3>{1, 33, 20}, {19, 35, 21}, {64, 96, 257}, {5, 6, 0}, {0, 6, 3}}) {
    const auto a = random_array(extents<2>{size[0], size[2]}, 1);
    const auto b = random_array(extents<2>{size[2], size[1]}, 2);
    const auto row = random_array(extents<1>{size[1]}, 3);
    auto out = nan_tensor(be, extents<2>{size[0], size[1]});

    be.gemm(transpose::no, transpose::no, 2, on_backend(be, a).view(), on_backend(be, b).view(),
            on_backend(be, row).view(), out.view());

    host_array<2> expected(out.shape());
    for (index_t i = 0; i < size[0]; ++i) {
      for (index_t j = 0; j < size[1]; ++j) expected(i, j) = row(j);
    }
    expected = product(transpose::no, transpose::no, 2, a, b, 1, expected);
    expect_close(on_host(be, out), expected, 2 * TypeParam::product_rounding(size[2]));
  }
}

TYPED_TEST(gemm_conformance, a_row_may_begin_anywhere) {
  auto& be = this->backend_;
  const auto numbers = random_array(extents<1>{11}, 3);
  const auto row = on_backend(be, numbers);
  auto out = nan_tensor(be, extents<2>{4, 8});
  const auto zeros = on_backend(be, host_array<2>(extents<2>{8, 8}, 0));

  for (index_t first = 0; first < 3; ++first) {
    be.gemm(transpose::no, transpose::no, 1, rows(zeros.view(), 0, 4), zeros.view(),
            rows(row.view(), first, 8), out.view());

    const auto actual = on_host(be, out);
    for (index_t i = 0; i < 8; ++i) EXPECT_NEAR(actual(3, i), numbers(first + i), 1e-6);
  }
}

TYPED_TEST(gemm_conformance, batches) {
  auto& be = this->backend_;
  const auto a = random_array(extents<3>{3, 9, 17}, 1);
  const auto b = random_array(extents<3>{3, 17, 5}, 2);
  const auto left = on_backend(be, a);
  const auto right = on_backend(be, b);
  auto out = nan_tensor(be, extents<3>{3, 9, 5});

  be.gemm(transpose::no, transpose::no, 1, left.view(), right.view(), 0, out.view());

  const auto actual = on_host(be, out);
  for (index_t n = 0; n < 3; ++n) {
    for (index_t i = 0; i < 9; ++i) {
      for (index_t j = 0; j < 5; ++j) {
        double expected = 0;
        for (index_t p = 0; p < 17; ++p) expected += a(n, i, p) * b(n, p, j);
        ASSERT_NEAR(actual(n, i, j), expected, 4 * TypeParam::product_rounding(17));
      }
    }
  }
}

TYPED_TEST(gemm_conformance, not_a_number_of_an_input_reaches_its_row_only) {
  auto& be = this->backend_;
  auto a = random_array(extents<2>{14, 8}, 1);
  a(3, 2) = std::numeric_limits<double>::quiet_NaN();
  const auto left = on_backend(be, a);
  const auto right = on_backend(be, random_array(extents<2>{8, 40}, 2));
  auto out = nan_tensor(be, extents<2>{14, 40});

  be.gemm(transpose::no, transpose::no, 1, left.view(), right.view(), 0, out.view());

  const auto actual = on_host(be, out);
  for (index_t i = 0; i < 14; ++i) {
    for (index_t j = 0; j < 40; ++j) EXPECT_EQ(std::isnan(actual(i, j)), i == 3) << i << " " << j;
  }
}

}  // namespace
}  // namespace flowkit::testing
