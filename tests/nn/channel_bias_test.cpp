#include <flowkit/nn/channel_bias.hpp>

#include "support/differentiable.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;

TEST(ChannelBias, StartsFromItselfAndAddsTheSumsOfTheGradient) {
  parameter_layout layout;
  const channel_bias bias(layout, bias_term::learned, 2, initializer::zeros());
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{1});
  be.upload(rows(store.values(), 0, 2), std::vector<double>{3, 4});
  be.fill(store.gradients(), 1.0);
  tensor<oracle, 3> dy(be, {1, 2, 2});
  be.fill(dy.view(), 3.0);

  numbers values;
  bias.start(store.view(), [&](auto from) {
    if constexpr (!std::is_arithmetic_v<decltype(from)>) append(values, from);
  });
  bias.add_gradient(be, store.view(), std::as_const(dy).view());

  numbers gradient;
  append(gradient, store.gradients());
  EXPECT_THAT(values, ElementsAre(3, 4));
  EXPECT_EQ(gradient[0], 7);
  EXPECT_EQ(gradient[1], 7);
}

TEST(ChannelBias, ThatIsNotWantedStartsFromNothing) {
  parameter_layout layout;
  const channel_bias bias(layout, bias_term::none, 2, initializer::zeros());
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{1});
  tensor<oracle, 2> y(be, {1, 2});
  be.fill(y.view(), 5.0);

  double beta = -1;
  bias.start(store.view(), [&](auto from) {
    if constexpr (std::is_arithmetic_v<decltype(from)>) beta = from;
  });
  bias.add_gradient(be, store.view(), std::as_const(y).view());

  EXPECT_EQ(layout.size(), 0);
  EXPECT_EQ(beta, 0);
}

}  // namespace
}  // namespace flowkit::testing
