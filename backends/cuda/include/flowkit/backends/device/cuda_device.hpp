// A GPU as a device of the backend: one stream, one memory pool, the products of cuBLASLt.
#pragma once

#include <flowkit/backends/device/device.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace flowkit {

/// Settings of a cuda object.
struct cuda_options {
  int device = 0;  ///< number of the GPU
  /// Format of the operands of products; sums and all else are float.
  flowkit::precision precision = flowkit::precision::f32;
  index_t memory_limit = 0;  ///< bytes of memory, without graphs; 0: what the GPU has
  /// Numbers that a convolution holds in windows at once: less memory, more and smaller products.
  index_t window_numbers = index_t{1} << 26;
};

namespace detail {
/// Destroys an executable graph of CUDA.
struct cuda_graph_deleter {
  void operator()(void* graph) const noexcept;
};
}  // namespace detail

/// Concept Device on a GPU. Work is queued in one stream; memory comes from a pool in the order of
/// that stream and stays in it for the next allocation. What goes wrong in a kernel or a transfer
/// shows where the object next waits for it.
class cuda_device {
 public:
  /// A cudaGraphExec_t; null until something was recorded.
  using recording = std::unique_ptr<void, detail::cuda_graph_deleter>;

  /// Throws backend_error if there is no such GPU or no driver.
  explicit cuda_device(const cuda_options& options);
  cuda_device(const cuda_device&) = delete;
  cuda_device& operator=(const cuda_device&) = delete;
  ~cuda_device();

  /// Throws backend_error that says how much was asked for and is free. The object stays usable.
  [[nodiscard]] void* allocate(index_t bytes);
  void free(void* data) noexcept;
  void upload(void* to, const void* from, index_t bytes);
  /// Synchronises.
  void download(void* to, const void* from, index_t bytes);
  void copy(void* to, const void* from, index_t bytes);
  /// Synchronises.
  void synchronize();

  /// Queues blocks of a kernel. The body is in flowkit/backends/cuda_kernels.cuh, for nvcc.
  template <detail::DeviceKernel Kernel>
  void launch(const Kernel& kernel, index_t blocks);

  /// Makes a plan for a shape that is new, and keeps it. Throws backend_error with the shapes.
  void multiply(const detail::device_product& product);
  /// Whether cuBLASLt can add the row of such a product; the answer is part of the plan.
  [[nodiscard]] bool adds_row(const detail::device_product& product);

  /// Captures the stream; other threads and objects work on.
  void begin_recording();
  /// Changes the numbers of the graph in `work` where the operations are those it holds, else makes
  /// another. Throws backend_error if someone else waited for the stream meanwhile.
  void end_recording(recording& work);
  void run(const recording& work);

  [[nodiscard]] precision math() const;
  [[nodiscard]] index_t window_limit() const;
  /// One line for people: GPU, memory, versions, precision.
  [[nodiscard]] std::string info() const;
  /// The cudaStream_t of this object.
  [[nodiscard]] void* stream() const;

 private:
  struct state;

  /// Makes this object's GPU that of the calling thread, before a launch of so many blocks.
  void before_launch(index_t blocks);
  void after_launch(const char* kernel, index_t blocks, int threads);

  std::unique_ptr<state> state_;
};

/// GPUs that the driver offers; 0 where there is none, or no driver. `reason` says why.
struct cuda_availability {
  int devices = 0;
  std::string reason;  ///< empty if there are devices
};
/// Asks the driver; never throws for its absence.
[[nodiscard]] cuda_availability find_cuda_devices();

}  // namespace flowkit
