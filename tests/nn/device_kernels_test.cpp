// How many kernels of a device an evaluation of the U-Net is: at batch 1 they are its time.
#include <flowkit/nn/unet1d.hpp>

#include <gtest/gtest.h>

#include <support/device/executor.hpp>

namespace flowkit::testing {
namespace {

/// Kernels of one evaluation on one sample of 16 steps, without the products of a library.
index_t kernels_of_evaluation(const unet1d_options& o) {
  executed_cuda be;
  parameter_layout layout;
  const unet1d net(layout, "net", o);
  parameter_store<executed_cuda> store(be, layout, rng_key{1});
  const tensor<executed_cuda, 2> x(be, {1, 16 * o.channels});
  const tensor<executed_cuda, 2> t(be, {1, 1});
  const tensor<executed_cuda, 2> c(be, {1, o.condition});
  workspace<executed_cuda> ws(be);
  saved_of<unet1d, executed_cuda> saved;
  const auto evaluate = [&] {
    net.forward(be, store.view(), {x.view(), t.view(), c.view()}, ws, saved);
  };
  evaluate();   // scratch memory grows
  ws.rewind();  // a kernel of its own where scratch is poisoned
  const index_t before = be.launches();
  evaluate();
  return be.launches() - before;
}

// Per block of a convolution: windows, and normalisation with all that follows it. Besides: windows
// of two convolutions that halve the time, two that double it, 4 copies to join channels, 5 for
// times and condition. docs/cuda.md names this number.
TEST(DeviceKernels, OfAnEvaluationOfThreeLevelsAreTwoPerConvolutionBlock) {
  constexpr index_t blocks = 2 * (3 + 1 + 2) * 2 + 1;

  const index_t kernels = kernels_of_evaluation(
      {.channels = 3, .condition = 5, .time_embedding = 8, .dims = {8, 16, 32}});

  EXPECT_EQ(kernels, 2 * blocks + 2 + 2 + 4 + 5);
}

}  // namespace
}  // namespace flowkit::testing
