#include <flowkit/nn/film.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Film, ScalesAndShiftsChannelsWithoutAddingOne) {
  const parameter_layout layout;
  const film layer;
  layer_function f(layout, layer, extents{2, 2, 2}, extents{2, 4});
  const numbers h{1, 2, 3, 4, 5, 6, 7, 8};
  const numbers modulation{1, 10, 0.5, 0, 0, -1, 0, 2};
  numbers inputs = h;
  inputs.insert(inputs.end(), modulation.begin(), modulation.end());

  const numbers y = f.value({}, inputs);

  EXPECT_THAT(y, ElementsAre(1.5, 20, 3.5, 40, 0, -4, 0, -6));
}

TEST(Film, IsDifferentiable) {
  const parameter_layout layout;

  expect_differentiable("film", layout, film{}, extents{1, 5, 3}, extents{1, 6});
  expect_differentiable("film", layout, film{}, extents{3, 1, 3}, extents{3, 6});
  expect_differentiable("film", layout, film{}, extents{3, 4}, extents{3, 8});
  expect_differentiable("film", layout, film{}, extents{3, 2, 3, 1}, extents{3, 2});
}

TEST(Film, RefusesModulationsOfOtherShapes) {
  const auto channels = [] { (void)film{}.output_shape(extents{2, 5, 3}, extents{2, 3}); };
  const auto batch = [] { (void)film{}.output_shape(extents{2, 5, 3}, extents{1, 6}); };

  EXPECT_THAT(message_of<invalid_input>(channels), HasSubstr("shape [2, 3] for features"));
  EXPECT_THAT(message_of<invalid_input>(batch), HasSubstr("of shape [2, 5, 3]"));
}

}  // namespace
}  // namespace flowkit::testing
