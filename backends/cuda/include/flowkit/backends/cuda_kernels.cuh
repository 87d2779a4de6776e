// How kernels run on a GPU, and the kernels that take a functor: for sources compiled by nvcc.
#pragma once

#include <flowkit/backends/cuda.hpp>
#include <flowkit/backends/device/elementwise.hpp>
#include <flowkit/backends/device/reduction.hpp>

#include <cuda_runtime.h>

#include <typeinfo>

namespace flowkit {
namespace detail {

/// The block of a kernel as device/kernel.hpp describes it. Members exist for the host in name
/// only, because kernels are templates for both.
template <class Kernel>
class cuda_block {
 public:
  using shared_memory = typename Kernel::shared_memory;

  [[nodiscard]] FLOWKIT_HD index_t index() const {
#if defined(__CUDA_ARCH__)
    return blockIdx.x;
#else
    return 0;
#endif
  }

  [[nodiscard]] FLOWKIT_HD shared_memory& shared() const {
#if defined(__CUDA_ARCH__)
    __shared__ alignas(16) unsigned char bytes[sizeof(shared_memory)];
    return *reinterpret_cast<shared_memory*>(bytes);
#else
    return *static_cast<shared_memory*>(nullptr);
#endif
  }

  template <class F>
  FLOWKIT_HD void phase(const F& f) const {
    last(f);
    wait();
  }

  template <class F>
  FLOWKIT_HD void last([[maybe_unused]] const F& f) const {
#if defined(__CUDA_ARCH__)
    f(static_cast<int>(threadIdx.x));
#endif
  }

  FLOWKIT_HD void wait() const {
#if defined(__CUDA_ARCH__)
    __syncthreads();
#endif
  }

  /// The register of this thread; the number of the thread is not needed to find it.
  template <class T>
  struct register_file {
    T value;
    FLOWKIT_HD T& operator[](int) { return value; }
    FLOWKIT_HD const T& operator[](int) const { return value; }
  };
  template <class T>
  [[nodiscard]] FLOWKIT_HD register_file<T> registers() const {
    return {};
  }

  template <class T, class Combine>
  [[nodiscard]] FLOWKIT_HD register_file<T> warp_reduce(
      register_file<T> values, [[maybe_unused]] const Combine& combine) const {
#if defined(__CUDA_ARCH__)
    for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
      const T other = __shfl_xor_sync(0xFFFFFFFFu, values.value, distance);
      values.value = combine(values.value, other);
    }
#endif
    return values;
  }
};

template <class Kernel>
__global__ void __launch_bounds__(Kernel::threads)
    run_kernel(const __grid_constant__ Kernel kernel) {
  cuda_block<Kernel> block;
  kernel(block);
}

}  // namespace detail

template <detail::DeviceKernel Kernel>
void cuda_device::launch(const Kernel& kernel, index_t blocks) {
  before_launch(blocks);
  detail::run_kernel<Kernel>
      <<<static_cast<unsigned>(blocks), Kernel::threads, 0, static_cast<cudaStream_t>(stream())>>>(
          kernel);
  after_launch(typeid(Kernel).name(), blocks, Kernel::threads);
}

}  // namespace flowkit
