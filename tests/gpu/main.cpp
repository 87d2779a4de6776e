// The conformance suite on a GPU. Without one the program says why and exits with 77: skipped.
#include <flowkit/backends/cuda.hpp>

#include <gtest/gtest.h>

#include <iostream>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const flowkit::cuda_availability found = flowkit::find_cuda_devices();
  if (found.devices == 0) {
    std::cout << "skipped: " << found.reason << '\n';
    return 77;
  }
  std::cout << flowkit::cuda().info() << '\n';
  return RUN_ALL_TESTS();
}
