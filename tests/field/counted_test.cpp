// Counting does not change a field.
#include "support/batch.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/counted.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

using backend = eigen<double>;

TEST(counted, counts_calls_and_rows) {
  backend be;
  auto field = counted(analytic_field<1>([](auto t, auto p) { return point{t * p[0]}; }));
  static_assert(TangentField<decltype(field), backend>);
  static_assert(!SelectableField<decltype(field), backend>);
  static_assert(!PointField<decltype(field), backend>);
  const auto t = testing::vector(be, std::vector<double>{1, 2, 3});
  const auto x = testing::matrix(be, 3, std::vector<double>{4, 5, 6});
  tensor<backend, 2> dx(be, x.shape());
  tensor<backend, 2> du(be, x.shape());

  field(be, t.view(), x.view(), dx.view());
  field.jvp(be, t.view(), x.view(), x.view(), dx.view(), du.view());

  EXPECT_EQ(field.calls(), 2);
  EXPECT_EQ(field.rows(), 6);
  EXPECT_EQ(testing::host(dx), (std::vector<double>{4, 10, 18}));
}

}  // namespace
}  // namespace flowkit
