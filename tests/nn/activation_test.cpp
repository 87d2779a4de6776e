#include <flowkit/nn/activation.hpp>

#include "support/differentiable.hpp"

namespace flowkit::testing {
namespace {

static_assert(TangentLayer<mish_layer, eigen<float>, 1> && TangentLayer<relu_layer, oracle, 4>);

template <class Layer>
class Activation : public ::testing::Test {};
using layers = ::testing::Types<relu_layer, tanh_layer, silu_layer, mish_layer, gelu_layer>;
TYPED_TEST_SUITE(Activation, layers);

TYPED_TEST(Activation, IsDifferentiableAtAnyRank) {
  const parameter_layout layout;
  const TypeParam layer;

  expect_differentiable("activation", layout, layer, extents{7});
  expect_differentiable("activation", layout, layer, extents{1, 1});
  expect_differentiable("activation", layout, layer, extents{3, 5, 2});
  expect_differentiable("activation", layout, layer, extents{3, 1, 2, 33});
}

template <class Layer>
double value_at(double x) {
  const parameter_layout layout;
  const Layer layer;
  layer_function f(layout, layer, extents{1});
  return f.value({}, {x})[0];
}

// Values of the definitions at 1 and -2, to 15 digits; the vector functions are good to about 2
// ulp.
TEST(ActivationValues, FollowTheDefinitions) {
  constexpr double tolerance = 4e-15;

  EXPECT_EQ(value_at<relu_layer>(1), 1);
  EXPECT_EQ(value_at<relu_layer>(-2), 0);
  EXPECT_NEAR(value_at<tanh_layer>(1), 0.761594155955765, tolerance);
  EXPECT_NEAR(value_at<silu_layer>(1), 0.731058578630005, tolerance);
  EXPECT_NEAR(value_at<silu_layer>(-2), -0.238405844044235, tolerance);
  EXPECT_NEAR(value_at<mish_layer>(1), 0.865098388267310, tolerance);
  EXPECT_NEAR(value_at<mish_layer>(-2), -0.252501482695709, tolerance);
  EXPECT_NEAR(value_at<gelu_layer>(1), 0.841344746068543, tolerance);
  EXPECT_NEAR(value_at<gelu_layer>(-2), -0.0455002638963584, tolerance);
}

}  // namespace
}  // namespace flowkit::testing
