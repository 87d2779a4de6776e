// One step: against hand-made numbers, and points against batches.
#include "ode_problems.hpp"

#include <flowkit/field/counted.hpp>
#include <flowkit/solver/explicit_rk.hpp>

namespace flowkit {
namespace {

using backend = eigen<double>;

TEST(rk_step, is_the_midpoint_rule_on_paper) {
  backend be;
  workspace<backend> ws(be);
  auto field = counted(analytic_field<1>([](auto t, auto p) { return point{t + p[0]}; }));
  auto x = testing::matrix(be, 2, std::vector<double>{1, 2});
  const rk_scratch<midpoint, backend> scratch(ws, x.shape());

  rk_step(be, field, 0.5, 0.2, x.view(), scratch);

  // x + h (t + h/2 + x + h/2 (t + x)) for x = 1, 2
  EXPECT_DOUBLE_EQ(x.view()(0, 0), 1 + 0.2 * (0.6 + 1 + 0.1 * 1.5));
  EXPECT_DOUBLE_EQ(x.view()(1, 0), 2 + 0.2 * (0.6 + 2 + 0.1 * 2.5));
  EXPECT_EQ(field.calls(), 2);
}

TEST(rk_step, does_not_evaluate_a_stage_that_only_the_error_needs) {
  backend be;
  workspace<backend> ws(be);
  auto field = counted(testing::driven_logistic());
  auto x = testing::matrix(be, 1, std::vector<double>{0.3});
  const rk_scratch<dormand_prince, backend> scratch(ws, x.shape());

  rk_step(be, field, 0, 0.1, x.view(), scratch);

  EXPECT_EQ(field.calls(), 6);
}

template <class M>
class point_step : public ::testing::Test {};
using methods = ::testing::Types<euler, heun, rk4, bogacki_shampine, dormand_prince, tsitouras>;
TYPED_TEST_SUITE(point_step, methods);

// Both sum in the same order; the contraction to fused operations may differ, hence a few units.
TYPED_TEST(point_step, equals_the_step_of_a_batch) {
  backend be;
  workspace<backend> ws(be);
  const testing::golden_ode ode;
  const auto field = ode.swirl();
  auto x = testing::matrix(be, 1, std::vector<double>{0.7, -0.4});
  const rk_scratch<TypeParam, backend> scratch(ws, x.shape());

  rk_step(be, field, 0.25, 0.1, x.view(), scratch);
  const auto p = rk_point_step<TypeParam>(field, 0.25, 0.1, point{0.7, -0.4});

  EXPECT_NEAR(p[0], x.view()(0, 0), 1e-15);
  EXPECT_NEAR(p[1], x.view()(0, 1), 1e-15);
}

TEST(sparse_rows, skip_zeros) {
  using table = detail::sparse_table<dormand_prince>;

  EXPECT_EQ(table::result.count, 5U);
  EXPECT_EQ(table::error.count, 6U);
  EXPECT_EQ(table::stage<3>.count, 3U);
  EXPECT_EQ(table::result.column[1], 2U);
  EXPECT_DOUBLE_EQ(table::result.weight[1], 500. / 1113);
}

}  // namespace
}  // namespace flowkit
