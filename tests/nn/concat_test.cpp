#include <flowkit/nn/concat.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The two functions as a layer of two inputs, so that their being adjoint is checked like any.
struct concat_layer {
  template <class B>
  struct saved {
    index_t first = 0;
    index_t second = 0;
  };
  template <class B>
  using cube = const_view_of<B, 3>;

  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>&, cube<B> a, cube<B> b, workspace<B>& ws,
                        saved<B>& s) const {
    s = {a.shape()[2], b.shape()[2]};
    return concatenate(be, ws, a, b);
  }
  template <class B>
  auto backward(B& be, const parameters<B>&, const saved<B>& s, cube<B> dy,
                workspace<B>& ws) const {
    return split_channels(be, ws, dy, s.first, s.second);
  }
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>&, cube<B> a, cube<B> b, cube<B> da,
                                  cube<B> db, workspace<B>& ws) const {
    return {concatenate(be, ws, a, b), concatenate(be, ws, da, db)};
  }
};

TEST(Concat, PutsChannelsSideBySideAndApart) {
  oracle be;
  workspace<oracle> ws(be);
  const numbers a{1, 2};
  const numbers b{3, 4, 5, 6};
  const const_view_of<oracle, 2> first(a.data(), {2, 1});
  const const_view_of<oracle, 2> second(b.data(), {2, 2});
  const const_view_of<oracle, 2> none(a.data(), {2, 0});

  const auto y = concatenate(be, ws, first, none, second);
  const auto parts = split_channels(be, ws, y, 1, 0, 2);

  numbers all;
  append(all, y);
  numbers last;
  append(last, parts[2]);
  EXPECT_THAT(all, ElementsAre(1, 3, 4, 2, 5, 6));
  EXPECT_EQ(parts[1].shape(), (extents{2, 0}));
  EXPECT_EQ(last, b);
  EXPECT_TRUE(parts[2].dense());
}

TEST(Concat, IsDifferentiable) {
  const parameter_layout layout;

  expect_differentiable("concat", layout, concat_layer{}, extents{1, 5, 2}, extents{1, 5, 3});
  expect_differentiable("concat", layout, concat_layer{}, extents{3, 1, 1}, extents{3, 1, 4});
}

TEST(Concat, RefusesViewsOfOtherPositions) {
  const auto run = [] { (void)concatenated_shape(extents{2, 5, 1}, extents{2, 4, 1}); };

  const std::string message = message_of<invalid_input>(run);

  EXPECT_THAT(message, HasSubstr("[2, 5, 1] and [2, 4, 1]"));
}

TEST(Concat, RefusesToSplitIntoOtherChannels) {
  oracle be;
  workspace<oracle> ws(be);
  const numbers a(6);
  const const_view_of<oracle, 2> v(a.data(), {2, 3});
  const auto run = [&] { split_channels(be, ws, v, 1, 1); };

  EXPECT_THAT(message_of<invalid_input>(run), HasSubstr("built for 2 channels"));
}

}  // namespace
}  // namespace flowkit::testing
