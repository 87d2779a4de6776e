#include <bodies.hpp>
#include <functors.hpp>
#include <support/device/executor.hpp>

namespace flowkit::testing {

/// Keeps the kernels of the library's functors alive; never called for its value.
std::size_t executed_functors() {
  using device = device_executor;
  return detail::instantiate_elementwise_part<device, 0, 1>(fn::elementwise_kernels<float>{}) +
         detail::instantiate_reductions<device>(fn::reduction_kernels<float>{});
}

auto executed_epilogues() {
  return detail::instantiate_epilogues<device_executor>(fn::epilogues{});
}

}  // namespace flowkit::testing
