#include <flowkit/nn/conditional_residual_block.hpp>

#include <support/differentiable.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

/// A block as a layer of two inputs that returns both gradients. The gradient of the condition
/// starts at one, so that a block that overwrites instead of adding shows.
template <class Block>
struct both_gradients {
  template <class B>
  using saved = saved_of<Block, B>;
  template <class B>
  struct gradient {
    view_of<B, 3> x;
    view_of<B, 2> condition;
  };

  const Block* block;
  index_t condition;

  template <class B>
  auto forward(B& be, const parameters<B>& p, const_view_of<B, 3> x, const_view_of<B, 2> a,
               workspace<B>& ws, saved<B>& s) const {
    return block->forward(be, p, x, a, ws, s);
  }
  template <class B>
  gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                       workspace<B>& ws) const {
    const view_of<B, 2> da = ws.take(extents{dy.shape()[0], condition});
    be.fill(da, 1.0);
    const view_of<B, 3> dx = block->backward(be, p, s, dy, da, ws);
    be.for_each([](double& v) { v -= 1; }, da);
    return {dx, da};
  }
  template <class B>
  auto jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x, const_view_of<B, 2> a,
           const_view_of<B, 3> dx, const_view_of<B, 2> da, workspace<B>& ws) const {
    return block->jvp(be, p, x, a, dx, da, ws);
  }
};

template <class Block>
void expect_laws(const std::string& name, const conv_block_options& o) {
  constexpr index_t condition = 3;
  parameter_layout layout;
  const Block block(layout, "block", condition, o);

  expect_differentiable(name, layout, both_gradients<Block>{&block, condition},
                        extents{2, 5, o.inputs}, extents{2, condition});
}

TEST(ConvBlock, IsDifferentiable) {
  parameter_layout layout;
  const conv_block block(layout, "block", {.inputs = 2, .outputs = 4, .kernel = 3, .groups = 2});

  expect_differentiable("convolution block", layout, block, extents{2, 5, 2});
}

TEST(ConvBlock, ExplainsAKernelThatIsEvenOrNone) {
  const auto advice = [](index_t kernel) {
    parameter_layout layout;
    return message_of<invalid_input>(
        [&] { conv_block(layout, "block", {.inputs = 8, .outputs = 8, .kernel = kernel}); });
  };

  EXPECT_THAT(advice(4), HasSubstr("kernel 4"));
  EXPECT_THAT(advice(4), ::testing::EndsWith("choose 5"));
  for (const index_t none : {0, -1, -2}) EXPECT_THAT(advice(none), ::testing::EndsWith("choose 1"));
}

TEST(ConditionalResidualBlock, IsDifferentiableAroundTheIdentity) {
  expect_laws<conditional_residual_block>("identity",
                                          {.inputs = 4, .outputs = 4, .kernel = 3, .groups = 2});
}

TEST(ConditionalResidualBlock, IsDifferentiableWithASkipConvolution) {
  expect_laws<conditional_residual_block>("skip",
                                          {.inputs = 3, .outputs = 4, .kernel = 5, .groups = 2});
}

TEST(ConditionalResidualPair, IsDifferentiable) {
  expect_laws<conditional_residual_pair>("pair",
                                         {.inputs = 3, .outputs = 4, .kernel = 3, .groups = 4});
}

TEST(ConditionalResidualBlock, ExplainsAConditionOfAnotherSize) {
  eigen<double> be;
  parameter_layout layout;
  const conditional_residual_block block(layout, "block", 3,
                                         {.inputs = 4, .outputs = 4, .groups = 2});
  parameter_store<eigen<double>> store(be, layout, rng_key{1});
  workspace<eigen<double>> ws(be);
  saved_of<conditional_residual_block, eigen<double>> saved;
  const tensor<eigen<double>, 3> x(be, {2, 5, 4});
  const tensor<eigen<double>, 2> condition(be, {2, 2});

  const std::string message = message_of<invalid_input>(
      [&] { block.forward(be, store.view(), x.view(), condition.view(), ws, saved); });

  EXPECT_THAT(message, HasSubstr("built for 3 channels got an input of shape [2, 2]"));
}

}  // namespace
}  // namespace flowkit
