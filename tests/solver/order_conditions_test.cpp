// The order conditions accept methods of an order and refuse them one order higher.
#include <flowkit/solver/order_conditions.hpp>
#include <flowkit/solver/tableau.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

template <class M>
constexpr int largest_order() {
  const detail::order_conditions<M::table.stages> conditions(M::table.a, M::table.b, M::table.c);
  int order = 0;
  while (order < 5 && conditions.hold(order + 1)) ++order;
  return order;
}

TEST(order_conditions, hold_up_to_the_order_of_the_method_and_not_beyond) {
  EXPECT_EQ(largest_order<euler>(), 1);
  EXPECT_EQ(largest_order<midpoint>(), 2);
  EXPECT_EQ(largest_order<heun>(), 2);
  EXPECT_EQ(largest_order<bogacki_shampine>(), 3);
  EXPECT_EQ(largest_order<rk4>(), 4);
  EXPECT_EQ(largest_order<dormand_prince>(), 5);
  EXPECT_EQ(largest_order<tsitouras>(), 5);
}

TEST(order_conditions, compare_row_sums_with_nodes) {
  constexpr double a[2][2] = {{0, 0}, {0.5, 0}};
  constexpr double b[2] = {0, 1};
  constexpr double good[2] = {0, 0.5};
  constexpr double bad[2] = {0, 0.6};

  EXPECT_TRUE((detail::order_conditions<2>(a, b, good).rows_consistent()));
  EXPECT_FALSE((detail::order_conditions<2>(a, b, bad).rows_consistent()));
}

}  // namespace
}  // namespace flowkit
