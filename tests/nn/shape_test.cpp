#include <flowkit/nn/shape.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

template <std::size_t R>
view<float, R, host_space> of_shape(const extents<R>& shape) {
  return {nullptr, shape};
}

TEST(Shape, ReplacesTheChannels) {
  EXPECT_EQ(with_channels(extents{2, 3, 4}, 7), (extents{2, 3, 7}));
}

TEST(Shape, GathersTheMiddleAxesAsPositions) {
  EXPECT_EQ(as_positions(of_shape(extents{2, 3, 4, 5})).shape(), (extents{2, 12, 5}));
  EXPECT_EQ(as_positions(of_shape(extents{2, 3, 5})).shape(), (extents{2, 3, 5}));
  EXPECT_EQ(as_positions(of_shape(extents{2, 5})).shape(), (extents{2, 1, 5}));
  EXPECT_EQ(as_positions(of_shape(extents{0, 3, 5})).shape(), (extents{0, 3, 5}));
}

TEST(Shape, TakesTimeForAnImageOfHeightOne) {
  const auto image = with_unit_height(of_shape(extents{2, 3, 5}));

  EXPECT_EQ(image.shape(), (extents{2, 1, 3, 5}));
  EXPECT_EQ(without_height(image).shape(), (extents{2, 3, 5}));
}

TEST(Shape, ReportsChannelsThatDoNotFit) {
  const auto run = [] { validate_channels("some layer", extents{2, 3}, 4); };

  EXPECT_NO_THROW(validate_channels("some layer", extents{2, 3}, 3));
  EXPECT_THAT(message_of<invalid_input>(run),
              HasSubstr("some layer built for 4 channels got an input of shape [2, 3]"));
}

}  // namespace
}  // namespace flowkit::testing
