#include <flowkit/nn/channel_bias.hpp>

#include "support/differentiable.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;

TEST(ChannelBias, CopiesItselfToEveryRowAndAddsTheSumsOfTheGradient) {
  parameter_layout layout;
  const channel_bias bias(layout, bias_term::learned, 2, initializer::zeros());
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{1});
  be.upload(rows(store.values(), 0, 2), std::vector<double>{3, 4});
  be.fill(store.gradients(), 1.0);
  tensor<oracle, 3> y(be, {1, 2, 2});

  const double beta = bias.begin(be, store.view(), y.view());
  bias.add_gradient(be, store.view(), std::as_const(y).view());

  numbers values;
  append(values, y.view());
  numbers gradient;
  append(gradient, store.gradients());
  EXPECT_EQ(beta, 1);
  EXPECT_THAT(values, ElementsAre(3, 4, 3, 4));
  EXPECT_EQ(gradient[0], 7);
  EXPECT_EQ(gradient[1], 9);
}

TEST(ChannelBias, ThatIsNotWantedTouchesNothing) {
  parameter_layout layout;
  const channel_bias bias(layout, bias_term::none, 2, initializer::zeros());
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{1});
  tensor<oracle, 2> y(be, {1, 2});
  be.fill(y.view(), 5.0);

  const double beta = bias.begin(be, store.view(), y.view());
  bias.add_gradient(be, store.view(), std::as_const(y).view());

  numbers values;
  append(values, y.view());
  EXPECT_EQ(layout.size(), 0);
  EXPECT_EQ(beta, 0);
  EXPECT_THAT(values, ElementsAre(5, 5));
}

}  // namespace
}  // namespace flowkit::testing
