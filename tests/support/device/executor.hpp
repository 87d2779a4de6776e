// A device that is not there: runs the kernels of the CUDA backend on the host.
#pragma once

#include <flowkit/backends/device/ops.hpp>
#include <support/device/block.hpp>

#include <string_view>
#include <vector>

namespace flowkit::testing {

/// What the executor is asked for.
struct executor_options {
  precision math = precision::f32;
  device_order order = device_order::ascending;
};

/// Concept Device on the host. Every allocation is a heap block of its own size, so that the
/// address sanitizer sees what reads beyond it; fresh memory, registers and shared memory hold NaN;
/// products are plain loops over what a library would be given.
class device_executor {
 public:
  explicit device_executor(const executor_options& options) : options_(options) {}

  void* allocate(index_t bytes);
  void free(void* data) noexcept;
  void upload(void* to, const void* from, index_t bytes);
  void download(void* to, const void* from, index_t bytes);
  void copy(void* to, const void* from, index_t bytes);
  void synchronize() {}
  void multiply(const detail::device_product& product);
  [[nodiscard]] precision math() const { return options_.math; }
  /// Small, so that convolutions of the tests are cut into several parts.
  [[nodiscard]] static index_t window_limit() { return index_t{1} << 16; }
  /// Kernels launched so far.
  [[nodiscard]] index_t launches() const { return launches_; }

  template <detail::DeviceKernel Kernel>
  void launch(const Kernel& kernel, index_t blocks) {
    check_grid(blocks);
    for (index_t i = 0; i < blocks; ++i) {
      void* const memory = fresh_shared_memory(sizeof(typename Kernel::shared_memory));
      executed_block<Kernel> block(in_order(options_.order, i, blocks), options_.order, memory);
      kernel(block);
    }
  }

 private:
  void check_grid(index_t blocks);
  void* fresh_shared_memory(std::size_t bytes);

  executor_options options_;
  index_t launches_ = 0;
  std::vector<std::max_align_t> shared_;
  std::vector<float> left_;
  std::vector<float> right_;
  std::vector<float> sums_;
};

/// The CUDA backend over that device.
class executed_cuda : public device_ops<device_executor> {
 public:
  explicit executed_cuda(const executor_options& options = {})
      : device_ops<device_executor>(options) {}
  [[nodiscard]] static constexpr std::string_view name() { return "cuda on the host"; }
  [[nodiscard]] index_t launches() const { return device().launches(); }
};

}  // namespace flowkit::testing

extern template class flowkit::device_ops<flowkit::testing::device_executor>;
