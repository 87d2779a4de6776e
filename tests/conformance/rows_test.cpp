// Rows by number.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

template <class Case>
class rows_conformance : public conformance<Case> {};

TYPED_TEST_SUITE(rows_conformance, backend_cases, backend_case_names);

/// A permutation of 0 .. count - 1 that moves every row.
host_array<1> scattered(index_t count) {
  host_array<1> out(extents<1>{count});
  for (index_t i = 0; i < count; ++i) out(i) = static_cast<double>((i * 7 + 3) % count);
  return out;
}

TYPED_TEST(rows_conformance, gather) {
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{40, 9}, 1);
  const host_array<1> rows = scattered(40);
  auto y = nan_tensor(be, extents<2>{40, 9});

  be.gather_rows(on_backend(be, x).view(), on_backend_as<row_t>(be, rows).view(), y.view());

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 40; ++i) {
    for (index_t c = 0; c < 9; ++c) EXPECT_EQ(actual(i, c), x(static_cast<index_t>(rows(i)), c));
  }
}

TYPED_TEST(rows_conformance, gather_repeats_rows) {
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{3, 2}, 1);
  auto y = nan_tensor(be, extents<2>{5000, 2});

  be.gather_rows(on_backend(be, x).view(),
                 on_backend_as<row_t>(be, host_array<1>(extents<1>{5000}, 2)).view(), y.view());

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 5000; ++i) ASSERT_EQ(actual(i, 1), x(2, 1));
}

TYPED_TEST(rows_conformance, scatter_undoes_gather_and_keeps_other_rows) {
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{20, 5}, 1);
  const auto rows = on_backend_as<row_t>(be, scattered(20));
  auto y = nan_tensor(be, extents<2>{20, 5});
  auto back = on_backend(be, host_array<2>(extents<2>{23, 5}, -1));

  be.gather_rows(on_backend(be, x).view(), rows.view(), y.view());
  be.scatter_rows(y.view(), rows.view(), back.view());

  const auto actual = on_host(be, back);
  for (index_t i = 0; i < 23; ++i) {
    for (index_t c = 0; c < 5; ++c) EXPECT_EQ(actual(i, c), i < 20 ? x(i, c) : -1);
  }
}

TYPED_TEST(rows_conformance, columns_of_wider_arrays) {
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{6, 8}, 1);
  const auto rows = scattered(6);
  const auto source = on_backend(be, x);
  auto y = nan_tensor(be, extents<2>{6, 5});

  be.gather_rows(columns(source.view(), 2, 3), on_backend_as<row_t>(be, rows).view(),
                 columns(y.view(), 1, 3));

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(std::isnan(actual(i, 0)) && std::isnan(actual(i, 4)));
    for (index_t c = 0; c < 3; ++c) {
      EXPECT_EQ(actual(i, 1 + c), x(static_cast<index_t>(rows(i)), 2 + c));
    }
  }
}

TYPED_TEST(rows_conformance, no_rows_and_no_columns) {
  auto& be = this->backend_;
  tensor<typename TypeParam::backend, 1, row_t> none(be, extents<1>{0});
  auto y = nan_tensor(be, extents<2>{0, 5});
  auto thin = nan_tensor(be, extents<2>{4, 0});

  be.gather_rows(on_backend(be, random_array(extents<2>{3, 5}, 1)).view(), none.view(), y.view());
  be.scatter_rows(thin.view(), on_backend_as<row_t>(be, scattered(4)).view(), thin.view());

  EXPECT_EQ(on_host(be, y).values.size(), 0u);
}

}  // namespace
}  // namespace flowkit::testing
