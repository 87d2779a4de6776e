#include <flowkit/nn/resnet.hpp>

#include <support/allocation.hpp>
#include <support/differentiable.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

static_assert(TangentLayer<resnet, eigen<float>, 4>);
static_assert(TangentLayer<resnet, eigen<double>, 4>);

resnet_options small_options() { return {.channels = 2, .widths = {4, 6}, .group_channels = 2}; }

// Relu and pooling have kinks, at which central differences fail; the seeds of the check keep away
// from them by more than its step of 1e-6.
TEST(Resnet, IsDifferentiable) {
  parameter_layout layout;
  const resnet net(layout, "net", small_options());

  expect_differentiable("two stages", layout, net, extents{2, 9, 11, 2});
}

TEST(Resnet, HasTheShapesAndParametersOfResNet18) {
  parameter_layout layout;
  const resnet net(layout, "net", {});

  // Without classifier: 11 689 512 - 513 000 parameters, of which none changes when group
  // normalisation takes the place of batch normalisation.
  EXPECT_EQ(layout.parameter_count(), 11'176'512);
  EXPECT_EQ(net.output_shape(extents<4>{5, 224, 224, 3}), (extents<4>{5, 7, 7, 512}));
  EXPECT_EQ(net.output_shape(extents<4>{5, 84, 76, 3}), (extents<4>{5, 3, 3, 512}));
}

TEST(Resnet, AllocatesNothingAfterWarmUp) {
  eigen<float> be;
  parameter_layout layout;
  const resnet net(layout, "net", small_options());
  parameter_store<eigen<float>> store(be, layout, rng_key{1});
  workspace<eigen<float>> ws(be);
  saved_of<resnet, eigen<float>> saved;
  tensor<eigen<float>, 4> x(be, {3, 20, 20, 2});
  be.normal(x.view(), rng_key{2});
  const auto step = [&] {
    ws.rewind();
    const auto y = net.forward(be, store.view(), x.view(), ws, saved);
    net.backward(be, store.view(), saved, y, ws);
    net.jvp(be, store.view(), x.view(), x.view(), ws);
  };
  // The arena grows in the first pass and becomes one block in the second.
  for (int warm_up = 0; warm_up < 2; ++warm_up) step();

  const allocation_counter counter;
  step();

  EXPECT_EQ(counter.count(), 0);
}

TEST(Resnet, ExplainsUnusableOptions) {
  const auto error = [](const resnet_options& o) {
    parameter_layout layout;
    return message_of<invalid_input>([&] { resnet(layout, "net", o); });
  };

  EXPECT_THAT(error({.widths = {}}), HasSubstr("of 0 stages"));
  EXPECT_THAT(error({.widths = std::vector<index_t>(7, 16)}), HasSubstr("of 7 stages"));
  EXPECT_THAT(error({.widths = {16, 24}}), HasSubstr("24 channels normalised in groups of 16"));
  EXPECT_THAT(error({.widths = {16, 0}}), HasSubstr("0 channels"));
  EXPECT_THAT(error({.group_channels = 0}), HasSubstr("groups of 0"));
  EXPECT_THAT(error({.channels = 0}), HasSubstr("from 0 to 64 channels"));
}

TEST(Resnet, ExplainsImagesOfOtherChannels) {
  eigen<double> be;
  parameter_layout layout;
  const resnet net(layout, "net", small_options());
  parameter_store<eigen<double>> store(be, layout, rng_key{1});
  workspace<eigen<double>> ws(be);
  saved_of<resnet, eigen<double>> saved;
  const tensor<eigen<double>, 4> x(be, {1, 9, 9, 3});

  const std::string message =
      message_of<invalid_input>([&] { net.forward(be, store.view(), x.view(), ws, saved); });

  EXPECT_THAT(message, HasSubstr("built for 2 channels got an input of shape [1, 9, 9, 3]"));
}

}  // namespace
}  // namespace flowkit
