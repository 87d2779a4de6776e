// One number in the memory of a backend.
#include <flowkit/backend/device_scalar.hpp>
#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

TEST(device_scalar, reads_the_result_of_a_reduction) {
  eigen<double> be;
  tensor<eigen<double>, 1> x(be, extents<1>{100});
  be.iota(x.view());
  device_scalar<eigen<double>> sum(be);

  be.sum(fn::identity{}, sum.view(), std::as_const(x).view());

  EXPECT_EQ(sum.read(), 4950);
}

TEST(device_scalar, a_later_result_replaces_the_earlier_one) {
  eigen<float> be;
  tensor<eigen<float>, 1> x(be, extents<1>{8});
  device_scalar<eigen<float>> sum(be);
  be.fill(x.view(), 1);
  be.sum(fn::identity{}, sum.view(), std::as_const(x).view());
  be.fill(x.view(), 2);

  be.sum(fn::identity{}, sum.view(), std::as_const(x).view());

  EXPECT_EQ(sum.read(), 16);
}

}  // namespace
}  // namespace flowkit
