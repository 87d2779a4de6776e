#include <flowkit/nn/residual.hpp>

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/sequential.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(TangentLayer<residual<linear>, eigen<float>, 3> &&
              TangentLayer<residual<residual<linear>>, oracle, 2>);

TEST(Residual, AddsItsInput) {
  const parameter_layout layout;
  const residual layer(relu_layer{});
  layer_function f(layout, layer, extents{3});

  const numbers y = f.value({}, {2, -3, 0.5});

  EXPECT_THAT(y, ElementsAre(4, -3, 1));
}

TEST(Residual, IsDifferentiable) {
  parameter_layout layout;
  const residual layer(
      sequential(linear(layout, "a", 3, 5), silu_layer{}, linear(layout, "b", 5, 3)));

  expect_differentiable("residual", layout, layer, extents{1, 3});
  expect_differentiable("residual", layout, layer, extents{3, 1, 3});
}

TEST(Residual, RefusesInnerLayersThatChangeTheShape) {
  parameter_layout layout;
  const residual layer(linear(layout, "a", 3, 5));
  const auto run = [&] { (void)layer.output_shape(extents{2, 3}); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("maps shape [2, 3] to [2, 5]"));
}

}  // namespace
}  // namespace flowkit::testing
