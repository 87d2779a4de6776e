// Sums over everything, rows, columns and middle axes.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

template <class Case>
class reduction_conformance : public conformance<Case> {
 protected:
  template <std::size_t R>
  double sum_of_squares(const host_array<R>& x) {
    auto out = nan_tensor(this->backend_, extents<1>{1});
    const auto input = on_backend(this->backend_, x);
    this->backend_.sum(fn::square{}, reshape(out.view(), extents<0>{}), input.view());
    return on_host(this->backend_, out)(0);
  }
};

TYPED_TEST_SUITE(reduction_conformance, backend_cases, backend_case_names);

// Terms are positive, so the bound is relative: at most one rounding per term, far fewer in blocks.
TYPED_TEST(reduction_conformance, sum) {
  using scalar = typename TypeParam::backend::value_type;
  for (const extents<2>& shape : {extents<2>{1, 1}, extents<2>{3, 5}, extents<2>{129, 257},
                                  extents<2>{7, 20000}, extents<2>{20000, 3}}) {
    SCOPED_TRACE(to_text(shape));
    const auto x = random_array(shape, 1);

    const double actual = this->sum_of_squares(x);

    const double expected = inner(x, x);
    EXPECT_NEAR(actual, expected, expected * rounding<scalar>(100));
  }
}

TYPED_TEST(reduction_conformance, empty_sums_are_zero) {
  auto& be = this->backend_;
  auto lines = nan_tensor(be, extents<1>{4});
  const auto none = nan_tensor(be, extents<2>{4, 0});

  be.row_sums(fn::identity{}, lines.view(), none.view());

  EXPECT_EQ(this->sum_of_squares(host_array<2>(extents<2>{0, 5})), 0);
  EXPECT_EQ(on_host(be, lines).values, std::vector<double>(4, 0));
}

TYPED_TEST(reduction_conformance, rows) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const auto a = random_array(extents<2>{37, 301}, 1);
  const auto b = random_array(extents<2>{37, 301}, 2);
  const auto left = on_backend(be, a);
  const auto right = on_backend(be, b);
  auto out = nan_tensor(be, extents<1>{37});

  be.row_sums(fn::multiply{}, out.view(), left.view(), right.view());

  host_array<1> expected(extents<1>{37});
  for (index_t i = 0; i < 37; ++i) {
    for (index_t c = 0; c < 301; ++c) expected(i) += a(i, c) * b(i, c);
  }
  expect_close(on_host(be, out), expected, rounding<scalar>(301));
}

TYPED_TEST(reduction_conformance, columns_replace_or_add) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{700, 53}, 1);
  const auto old = random_array(extents<1>{53}, 2);
  const auto input = on_backend(be, x);
  auto fresh = nan_tensor(be, extents<1>{53});
  auto added = on_backend(be, old);

  be.column_sums(fn::identity{}, accumulate::overwrite, fresh.view(), input.view());
  be.column_sums(fn::identity{}, accumulate::add, added.view(), input.view());

  host_array<1> expected(extents<1>{53});
  for (index_t i = 0; i < 700; ++i) {
    for (index_t c = 0; c < 53; ++c) expected(c) += x(i, c);
  }
  expect_close(on_host(be, fresh), expected, rounding<scalar>(700));
  for (index_t c = 0; c < 53; ++c) expected(c) += old(c);
  expect_close(on_host(be, added), expected, rounding<scalar>(700));
}

TYPED_TEST(reduction_conformance, columns_of_no_rows) {
  auto& be = this->backend_;
  const auto none = nan_tensor(be, extents<2>{0, 6});
  auto out = nan_tensor(be, extents<1>{6});
  auto kept = on_backend(be, host_array<1>(extents<1>{6}, 3));

  be.column_sums(fn::identity{}, accumulate::overwrite, out.view(), none.view());
  be.column_sums(fn::identity{}, accumulate::add, kept.view(), none.view());

  EXPECT_EQ(on_host(be, out).values, std::vector<double>(6, 0));
  EXPECT_EQ(on_host(be, kept).values, std::vector<double>(6, 3));
}

TYPED_TEST(reduction_conformance, middle_axis) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  for (const extents<3>& shape :
       {extents<3>{3, 16, 37}, extents<3>{1, 1, 1}, extents<3>{2, 0, 5}, extents<3>{40, 900, 3}}) {
    SCOPED_TRACE(to_text(shape));
    const auto x = random_array(shape, 1);
    const auto y = random_array(shape, 2);
    const auto left = on_backend(be, x);
    const auto right = on_backend(be, y);
    auto out = nan_tensor(be, extents<2>{shape[0], shape[2]});

    be.middle_sums(fn::multiply{}, out.view(), left.view(), right.view());

    host_array<2> expected(extents<2>{shape[0], shape[2]});
    for (index_t n = 0; n < shape[0]; ++n) {
      for (index_t p = 0; p < shape[1]; ++p) {
        for (index_t c = 0; c < shape[2]; ++c) expected(n, c) += x(n, p, c) * y(n, p, c);
      }
    }
    expect_close(on_host(be, out), expected, rounding<scalar>(shape[1]));
  }
}

TYPED_TEST(reduction_conformance, strided_and_repeated_inputs) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{11, 30}, 1);
  const auto w = random_array(extents<1>{11}, 2);
  const auto input = on_backend(be, x);
  const auto weight = on_backend(be, w);
  auto out = nan_tensor(be, extents<1>{1});

  be.sum(fn::multiply{}, reshape(out.view(), extents<0>{}), columns(input.view(), 4, 21),
         repeat_columns(weight.view(), 21));

  double expected = 0;
  for (index_t i = 0; i < 11; ++i) {
    for (index_t c = 4; c < 25; ++c) expected += x(i, c) * w(i);
  }
  EXPECT_NEAR(on_host(be, out)(0), expected, rounding<scalar>(231));
}

}  // namespace
}  // namespace flowkit::testing
