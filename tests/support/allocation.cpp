#include "support/allocation.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

std::atomic<std::int64_t> allocations{0};

void count_one() noexcept { allocations.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

namespace flowkit::testing {

std::int64_t allocation_count() noexcept { return allocations.load(std::memory_order_relaxed); }

}  // namespace flowkit::testing

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLOWKIT_TEST_SANITIZED_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FLOWKIT_TEST_SANITIZED_MALLOC
#endif

#if defined(FLOWKIT_TEST_SANITIZED_MALLOC)

// The sanitizer owns malloc and offers hooks.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace {
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { count_one(); }, [](const volatile void*) {});
}

#else

// Our definitions take the place of those of the C library, which stay reachable by their inner
// names; operator new ends here as well.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* data, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;

void* malloc(std::size_t size) noexcept {
  count_one();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  count_one();
  return __libc_calloc(count, size);
}

void* realloc(void* data, std::size_t size) noexcept {
  count_one();
  return __libc_realloc(data, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count_one();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** data, std::size_t alignment, std::size_t size) noexcept {
  count_one();
  *data = __libc_memalign(alignment, size);
  return *data == nullptr ? ENOMEM : 0;
}
}

#endif
