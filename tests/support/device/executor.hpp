// A device that is not there: runs the kernels of the CUDA backend on the host.
#pragma once

#include <flowkit/backends/device/ops.hpp>
#include <support/device/block.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace flowkit::testing {

/// Whether products of the executor can start from a row, or none of them, as where a library has
/// no algorithm for it.
enum class row_starts { all, none };

/// What the executor is asked for.
struct executor_options {
  precision math = precision::f32;
  device_order order = device_order::ascending;
  row_starts rows = row_starts::all;
};

/// Concept Device on the host. Every allocation is a heap block of its own size, so that the
/// address sanitizer sees what reads beyond it; fresh memory, registers and shared memory hold NaN;
/// products are plain loops over what a library would be given. A recording holds what a GPU keeps:
/// the bytes of kernels with their arguments, addresses and numbers. What a GPU refuses while it
/// records is a logic_error.
class device_executor {
  /// A closure without a destructor, and how to call it.
  struct kept_work {
    void (*call)(const void* closure);
    std::vector<std::byte> closure;
  };

 public:
  using recording = std::vector<kept_work>;

  explicit device_executor(const executor_options& options) : options_(options) {}

  void* allocate(index_t bytes);
  void free(void* data) noexcept;
  void upload(void* to, const void* from, index_t bytes);
  void download(void* to, const void* from, index_t bytes);
  void copy(void* to, const void* from, index_t bytes);
  void synchronize() { refuse_in_recording("synchronize"); }
  void multiply(const detail::device_product& product);
  [[nodiscard]] bool adds_row(const detail::device_product& product) const;
  void begin_recording();
  void end_recording(recording& work);
  void run(const recording& work);
  [[nodiscard]] precision math() const { return options_.math; }
  /// Small, so that convolutions of the tests are cut into several parts.
  [[nodiscard]] static index_t window_limit() { return index_t{1} << 16; }
  /// Kernels launched so far.
  [[nodiscard]] index_t launches() const { return launches_; }

  template <detail::DeviceKernel Kernel>
  void launch(const Kernel& kernel, index_t blocks) {
    check_grid(blocks);
    perform([this, kernel, blocks] { execute(kernel, blocks); });
  }

 private:
  template <class Kernel>
  void execute(const Kernel& kernel, index_t blocks) {
    for (index_t i = 0; i < blocks; ++i) {
      void* const memory = fresh_shared_memory(sizeof(typename Kernel::shared_memory));
      executed_block<Kernel> block(in_order(options_.order, i, blocks), options_.order, memory);
      kernel(block);
    }
  }

  /// Does the work now, or keeps it.
  template <class Work>
  void perform(const Work& work) {
    static_assert(std::is_trivially_copyable_v<Work>);
    static_assert(alignof(Work) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    if (!recording_) return work();
    kept_work kept{[](const void* closure) { (*static_cast<const Work*>(closure))(); }, {}};
    kept.closure.resize(sizeof(Work));  // aligned as all that `new` returns
    std::memcpy(kept.closure.data(), static_cast<const void*>(&work), sizeof(Work));
    kept_.push_back(std::move(kept));
  }

  void refuse_in_recording(const char* operation) const;
  void multiply_now(const detail::device_product& p);
  void check_grid(index_t blocks);
  void* fresh_shared_memory(std::size_t bytes);

  executor_options options_;
  index_t launches_ = 0;
  bool recording_ = false;
  bool freed_in_recording_ = false;
  recording kept_;
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
