// The backend on a GPU: declarations only, for any C++20 compiler.
#pragma once

#include <flowkit/backends/device/cuda_device.hpp>
#include <flowkit/backends/device/ops.hpp>

namespace flowkit {

extern template class device_ops<cuda_device>;

/// Backend on a GPU of compute capability 8.0 or later. Satisfies NeuralBackend and SearchBackend,
/// whose comments state what the operations do; values are float. Movable, one object per thread of
/// control; objects share nothing but the GPU.
///
/// Operations are queued and return; `download` and `synchronize` wait. Results have the same bits
/// in every run on one kind of GPU. Functors of the library have kernels in this library; a functor
/// of a user needs a source compiled by nvcc (docs/cuda.md).
class cuda : public device_ops<cuda_device> {
 public:
  /// Throws backend_error if there is no such GPU or no driver. Allocates.
  explicit cuda(const cuda_options& options = {});

  [[nodiscard]] static constexpr std::string_view name() { return "cuda"; }

  [[nodiscard]] flowkit::precision precision() const { return device().math(); }
  /// One line for people: GPU, memory, versions, precision.
  [[nodiscard]] std::string info() const { return device().info(); }
  /// The cudaStream_t that all work is queued in, for kernels of users. Inside a recording it is
  /// being captured: queue kernels only, never wait for it.
  [[nodiscard]] void* stream() const { return device().stream(); }
};

}  // namespace flowkit
