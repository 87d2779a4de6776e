// Which backends model which concepts, and which types do not.
#include <flowkit/backend/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

static_assert(NeuralBackend<eigen<float>>);
static_assert(NeuralBackend<eigen<double>>);
static_assert(SearchBackend<eigen<float>>);
static_assert(SearchBackend<eigen<double>>);
static_assert(!Memory<int>);
static_assert(!std::copyable<eigen<float>>);
static_assert(std::movable<eigen<float>>);

static_assert(View<view<float, 2, host_space>>);
static_assert(View<view<const double, 4, cuda_space>>);
static_assert(!View<tensor<eigen<float>, 2>>);
static_assert(ViewOn<view<const float, 2, host_space>, eigen<float>>);
static_assert(!ViewOn<view<float, 2, cuda_space>, eigen<float>>);
static_assert(!ViewOn<view<double, 2, host_space>, eigen<float>>);

TEST(concepts, a_moved_backend_still_works) {
  eigen<double> first({.threads = 2});
  eigen<double> second = std::move(first);
  tensor<eigen<double>, 2> c(second, extents<2>{300, 300});
  second.fill(c.view(), 1.0);

  eigen<double> third({.threads = 1});
  third = std::move(second);
  tensor<eigen<double>, 2> d(third, extents<2>{300, 300});
  third.gemm(transpose::no, transpose::no, 1, c.view(), c.view(), 0, d.view());

  EXPECT_EQ(d.view()(299, 299), 300);
}

}  // namespace
}  // namespace flowkit
