// Aligned host memory of the CPU backends.
#include <flowkit/backends/host_kernels.hpp>
#include <flowkit/core/error.hpp>

#include <cstdlib>

namespace flowkit::detail {

void* allocate_host(index_t bytes) {
  constexpr std::size_t alignment = 64;
  if (bytes == 0) return nullptr;
  const std::size_t size =
      (static_cast<std::size_t>(bytes) + alignment - 1) / alignment * alignment;
  void* data = std::aligned_alloc(alignment, size);
  if (data == nullptr) {
    throw backend_error("allocate", text("the system has no ", bytes,
                                         " bytes left; use a smaller batch or network"));
  }
  return data;
}

void free_host(void* data, void* /*context*/) noexcept { std::free(data); }

}  // namespace flowkit::detail
