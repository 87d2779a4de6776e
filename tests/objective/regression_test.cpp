// The part that objectives share: gradients of the network's inputs, and times as networks take
// them.
#include <flowkit/objective/regression.hpp>

#include "objective_fixtures.hpp"

namespace flowkit::testing {
namespace {

TEST_F(conditional_flow, input_gradients_agree_with_central_differences) {
  tensor<B, 2> times(be_, {5, 1});
  be_.uniform(times.view(), {12});
  const field_input<B> in{x0_.view(), times.view(), condition_.view()};
  const auto evaluate = [&] {
    return regress(be_, net_, store_.view(), in, std::as_const(x1_).view(),
                   {weights_.view(), mask_.view(), 0.5}, ws_);
  };
  const auto result = evaluate();
  const auto expect_slopes = [&](view_of<B, 2> input, const_view_of<B, 2> gradient) {
    constexpr double step = 1e-5;  // truncation step^2 and rounding eps / step stay below 1e-9
    for (index_t i = 0; i < input.shape()[0]; ++i) {
      for (index_t j = 0; j < input.shape()[1]; ++j) {
        const scratch_scope scope(ws_);
        const double middle = input(i, j);
        input(i, j) = middle + step;
        const double above = evaluate().loss();
        input(i, j) = middle - step;
        const double below = evaluate().loss();
        input(i, j) = middle;
        EXPECT_NEAR(gradient(i, j), (above - below) / (2 * step), 1e-9);
      }
    }
  };

  expect_slopes(x0_.view(), result.inputs.x);
  expect_slopes(times.view(), result.inputs.time);
  expect_slopes(condition_.view(), result.inputs.condition);
}

TEST_F(conditional_flow, times_of_networks_over_intervals_are_repeated) {
  parameter_layout layout;
  const field interval(layout, "net", {.dimension = 3, .times = 2});
  tensor<B, 1> t(be_, {2});
  be_.iota(t.view());

  EXPECT_EQ(values_of(instant(be_, net_, t.view(), ws_)), (numbers{0, 1}));
  EXPECT_EQ(values_of(instant(be_, interval, t.view(), ws_)), (numbers{0, 0, 1, 1}));
}

}  // namespace
}  // namespace flowkit::testing
