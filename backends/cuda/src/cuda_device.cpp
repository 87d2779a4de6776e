#include <flowkit/backends/device/cuda_device.hpp>

#include "product_plans.hpp"
#include "status.hpp"

#include <flowkit/core/text.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <type_traits>

namespace flowkit {
namespace {

/// What cuBLASLt may use besides the operands: NVIDIA recommends 32 MiB for Hopper.
constexpr std::size_t workspace_size = std::size_t{32} << 20;

/// Owns a stream, its pool and the workspace; parts that were not made are null.
struct queue {
  cudaStream_t stream = nullptr;
  cudaMemPool_t pool = nullptr;
  void* workspace = nullptr;

  queue() = default;
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;
  ~queue() {
    if (workspace != nullptr) cudaFreeAsync(workspace, stream);
    if (stream != nullptr) {
      cudaStreamSynchronize(stream);
      cudaStreamDestroy(stream);
    }
    if (pool != nullptr) cudaMemPoolDestroy(pool);
  }
};

cudaMemPool_t make_pool(const cuda_options& options) {
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {cudaMemLocationTypeDevice, options.device};
  properties.maxSize = static_cast<std::size_t>(options.memory_limit);
  cudaMemPool_t pool = nullptr;
  detail::check(cudaMemPoolCreate(&pool, &properties), "make a memory pool on GPU ",
                options.device);
  // What is freed stays in the pool: the next step asks for it again.
  std::uint64_t keep = std::numeric_limits<std::uint64_t>::max();
  detail::check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep),
                "set up a memory pool on GPU ", options.device);
  return pool;
}

std::string readable(const char* type) {
  int status = 0;
  char* const name = abi::__cxa_demangle(type, nullptr, nullptr, &status);
  std::string out = status == 0 ? name : type;
  std::free(name);
  return out;
}

struct graph_deleter {
  void operator()(cudaGraph_t graph) const noexcept { cudaGraphDestroy(graph); }
};
using captured_graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, graph_deleter>;

/// Whether the executable graph could take the numbers of another one of the same operations.
bool update(void* executable, cudaGraph_t graph) {
  cudaGraphExecUpdateResultInfo result{};
  const cudaError_t status =
      cudaGraphExecUpdate(static_cast<cudaGraphExec_t>(executable), graph, &result);
  if (status == cudaSuccess) return true;
  cudaGetLastError();
  return false;
}

}  // namespace

void detail::cuda_graph_deleter::operator()(void* graph) const noexcept {
  cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph));
}

struct cuda_device::state {
  explicit state(const cuda_options& o) : options(o) {
    const cuda_availability found = find_cuda_devices();
    if (options.device < 0 || options.device >= found.devices) {
      throw backend_error(
          text("use GPU ", options.device),
          found.devices == 0
              ? text(found.reason, "; use the backend eigen or onednn on this machine")
              : text("there are ", found.devices, ", numbered from 0; see cuda_options::device"));
    }
    detail::check(cudaSetDevice(options.device), "use GPU ", options.device);
    detail::check(cudaStreamCreateWithFlags(&work.stream, cudaStreamNonBlocking),
                  "make a stream on GPU ", options.device);
    work.pool = make_pool(options);
    detail::check(cudaMallocFromPoolAsync(&work.workspace, workspace_size, work.pool, work.stream),
                  "allocate ", workspace_size, " bytes for products on GPU ", options.device);
    products =
        std::make_unique<detail::product_plans>(options.precision, work.workspace, workspace_size);
  }

  cuda_options options;
  queue work;
  std::unique_ptr<detail::product_plans> products;
};

cuda_availability find_cuda_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return {count, {}};
  cudaGetLastError();
  return {0, status == cudaSuccess ? "no GPU" : cudaGetErrorString(status)};
}

cuda_device::cuda_device(const cuda_options& options) : state_(std::make_unique<state>(options)) {}

cuda_device::~cuda_device() = default;

void* cuda_device::allocate(index_t bytes) {
  if (bytes == 0) return nullptr;
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  void* data = nullptr;
  const cudaError_t status = cudaMallocFromPoolAsync(&data, static_cast<std::size_t>(bytes),
                                                     state_->work.pool, state_->work.stream);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    std::size_t free = 0;
    std::size_t total = 0;
    cudaMemGetInfo(&free, &total);
    throw backend_error(
        text("allocate ", bytes, " bytes on GPU ", state_->options.device),
        text("out of memory: ", free, " of ", total, " bytes are free",
             state_->options.memory_limit > 0
                 ? text(", and cuda_options::memory_limit is ", state_->options.memory_limit)
                 : std::string(),
             "; use a smaller batch, or lower cuda_options::window_numbers, which is ",
             state_->options.window_numbers));
  }
  detail::check(status, "allocate ", bytes, " bytes on GPU ", state_->options.device);
  return data;
}

void cuda_device::free(void* data) noexcept { cudaFreeAsync(data, state_->work.stream); }

void cuda_device::upload(void* to, const void* from, index_t bytes) {
  detail::check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice,
                                state_->work.stream),
                "upload ", bytes, " bytes");
  // Pageable memory has been read when the call returns; pinned memory is read later.
  cudaPointerAttributes source{};
  const bool known = cudaPointerGetAttributes(&source, from) == cudaSuccess;
  if (known && source.type != cudaMemoryTypeUnregistered) synchronize();
}

void cuda_device::download(void* to, const void* from, index_t bytes) {
  detail::check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost,
                                state_->work.stream),
                "download ", bytes, " bytes");
  synchronize();
}

void cuda_device::copy(void* to, const void* from, index_t bytes) {
  detail::check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice,
                                state_->work.stream),
                "copy ", bytes, " bytes on the GPU");
}

void cuda_device::synchronize() {
  detail::check(cudaStreamSynchronize(state_->work.stream), "wait for GPU ",
                state_->options.device);
}

void cuda_device::before_launch(index_t blocks) {
  if (blocks > std::numeric_limits<std::int32_t>::max()) {
    throw backend_error("launch a kernel", text(blocks,
                                                " blocks are more than a GPU runs at once; "
                                                "use a smaller batch"));
  }
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
}

void cuda_device::after_launch(const char* kernel, index_t blocks, int threads) {
  const cudaError_t status = cudaGetLastError();
  if (status == cudaSuccess) return;
  detail::check(status, "launch ", blocks, " blocks of ", threads, " threads of ",
                readable(kernel));
}

void cuda_device::multiply(const detail::device_product& product) {
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  state_->products->run(product, state_->work.stream);
}

bool cuda_device::adds_row(const detail::device_product& product) {
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  return state_->products->has_algorithm(product);
}

void cuda_device::begin_recording() {
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  // Relaxed: cuBLASLt may load a kernel when it meets a new shape, which other modes forbid. All
  // that would disturb a capture ends it first, see recorded_device.
  detail::check(cudaStreamBeginCapture(state_->work.stream, cudaStreamCaptureModeRelaxed),
                "record operations on GPU ", state_->options.device);
}

void cuda_device::end_recording(recording& work) {
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  cudaGraph_t made = nullptr;
  const cudaError_t status = cudaStreamEndCapture(state_->work.stream, &made);
  const captured_graph graph(made);
  if (status == cudaErrorStreamCaptureInvalidated) {
    cudaGetLastError();
    throw backend_error(text("record operations on GPU ", state_->options.device),
                        "somebody else waited for stream() or a part of it meanwhile; do that "
                        "before or after the recorded operations");
  }
  detail::check(status, "record operations on GPU ", state_->options.device);
  if (work != nullptr && update(work.get(), graph.get())) return;
  work.reset();
  cudaGraphExec_t executable = nullptr;
  detail::check(cudaGraphInstantiate(&executable, graph.get(), 0),
                "make a launch of recorded operations on GPU ", state_->options.device);
  work.reset(executable);
}

void cuda_device::run(const recording& work) {
  detail::check(cudaSetDevice(state_->options.device), "use GPU ", state_->options.device);
  detail::check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(work.get()), state_->work.stream),
                "launch recorded operations on GPU ", state_->options.device);
}

precision cuda_device::math() const { return state_->options.precision; }

index_t cuda_device::window_limit() const { return state_->options.window_numbers; }

void* cuda_device::stream() const { return state_->work.stream; }

std::string cuda_device::info() const {
  cudaDeviceProp properties{};
  detail::check(cudaGetDeviceProperties(&properties, state_->options.device), "describe GPU ",
                state_->options.device);
  int runtime = 0;
  cudaRuntimeGetVersion(&runtime);
  return text(properties.name, ", ", properties.totalGlobalMem >> 20, " MiB, CUDA ", runtime / 1000,
              ".", runtime % 1000 / 10, ", cuBLASLt ", cublasLtGetVersion(), ", ",
              to_text(state_->options.precision));
}

}  // namespace flowkit
