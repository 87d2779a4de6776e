#include <flowkit/nn/basic_block.hpp>

#include <support/differentiable.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

static_assert(TangentLayer<basic_block, eigen<float>, 4>);

TEST(BasicBlock, IsDifferentiableAroundTheIdentity) {
  parameter_layout layout;
  const basic_block block(layout, "block", {.inputs = 4, .outputs = 4, .group_channels = 2});

  EXPECT_EQ(layout.find("block.shortcut.conv.weight"), nullptr);
  expect_differentiable("identity", layout, block, extents{2, 3, 4, 4});
}

TEST(BasicBlock, IsDifferentiableWithAShortcut) {
  parameter_layout layout;
  const basic_block block(layout, "block",
                          {.inputs = 2, .outputs = 4, .stride = 2, .group_channels = 2});

  EXPECT_NE(layout.find("block.shortcut.conv.weight"), nullptr);
  EXPECT_EQ(block.output_shape({2, 5, 4, 2}), (extents<4>{2, 3, 2, 4}));
  expect_differentiable("shortcut", layout, block, extents{2, 5, 4, 2});
}

TEST(BasicBlock, HasAShortcutWhereOnlyTheStrideDiffers) {
  parameter_layout layout;
  const basic_block block(layout, "block",
                          {.inputs = 4, .outputs = 4, .stride = 2, .group_channels = 2});

  EXPECT_NE(layout.find("block.shortcut.conv.weight"), nullptr);
}

// With all weights zero and shifts zero the branch vanishes: the block is relu.
TEST(BasicBlock, CarriesItsInput) {
  eigen<double> be;
  parameter_layout layout;
  const basic_block block(layout, "block", {.inputs = 2, .outputs = 2, .group_channels = 1});
  parameter_store<eigen<double>> store(be, layout, rng_key{1});
  be.fill(store.values(), 0.0);
  workspace<eigen<double>> ws(be);
  saved_of<basic_block, eigen<double>> saved;
  const numbers x{1, -2, -3, 4};

  const auto y = block.forward(be, store.view(), {x.data(), {1, 2, 1, 2}}, ws, saved);

  numbers out;
  append(out, y);
  EXPECT_EQ(out, (numbers{1, 0, 0, 4}));
}

TEST(BasicBlock, ExplainsGroupsThatDoNotFit) {
  parameter_layout layout;

  const std::string message = message_of<invalid_input>(
      [&] { basic_block(layout, "block", {.inputs = 24, .outputs = 24}); });

  EXPECT_THAT(message, HasSubstr("24 channels normalised in groups of 16"));
}

}  // namespace
}  // namespace flowkit
