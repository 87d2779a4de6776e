#include <support/device/executor.hpp>

#include <flowkit/core/error.hpp>
#include <flowkit/core/text.hpp>

#include <cstdlib>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define FLOWKIT_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLOWKIT_TEST_ASAN 1
#endif
#endif
#if defined(FLOWKIT_TEST_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace flowkit::testing {
namespace {

constexpr std::size_t most_shared_memory = std::size_t{48} * 1024;

/// Beyond `bytes` nothing may be touched.
void forbid_beyond([[maybe_unused]] char* data, [[maybe_unused]] std::size_t bytes,
                   [[maybe_unused]] std::size_t capacity) {
#if defined(FLOWKIT_TEST_ASAN)
  __asan_unpoison_memory_region(data, bytes);
  __asan_poison_memory_region(data + bytes, capacity - bytes);
#endif
}

float element(const detail::product_operand& from, index_t at) {
  if (!from.bf16) return static_cast<const float*>(from.data)[at];
  const std::uint32_t bits = std::uint32_t{static_cast<const std::uint16_t*>(from.data)[at]} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// op(from) as a dense matrix of floats.
void unpack(const detail::product_operand& from, transpose t, index_t matrix, index_t rows,
            index_t columns, std::vector<float>& to) {
  to.resize(static_cast<std::size_t>(rows * columns));
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < columns; ++j) {
      const index_t at = t == transpose::no ? i * from.row_step + j : j * from.row_step + i;
      to[static_cast<std::size_t>(i * columns + j)] = element(from, matrix * from.matrix_step + at);
    }
  }
}

}  // namespace

void device_executor::refuse_in_recording(const char* operation) const {
  if (recording_) throw std::logic_error(text(operation, " while operations are recorded"));
}

void device_executor::begin_recording() {
  refuse_in_recording("begin_recording");
  recording_ = true;
  freed_in_recording_ = false;
}

void device_executor::end_recording(recording& work) {
  if (!recording_) throw std::logic_error("nothing is recorded");
  recording_ = false;
  work = std::exchange(kept_, {});
  if (freed_in_recording_) throw std::logic_error("free while operations are recorded");
}

void device_executor::run(const recording& work) {
  refuse_in_recording("run");
  for (const kept_work& operation : work) operation.call(operation.closure.data());
}

void* device_executor::allocate(index_t bytes) {
  if (bytes == 0) return nullptr;
  refuse_in_recording("allocate");
  void* data = nullptr;
  if (posix_memalign(&data, 64, static_cast<std::size_t>(bytes)) != 0) {
    throw backend_error(text("allocate ", bytes, " bytes"), "out of memory");
  }
  return std::memset(data, 0xFF, static_cast<std::size_t>(bytes));
}

void device_executor::free(void* data) noexcept {
  freed_in_recording_ = freed_in_recording_ || recording_;
  std::free(data);
}

void device_executor::upload(void* to, const void* from, index_t bytes) {
  refuse_in_recording("upload");
  copy(to, from, bytes);
}

void device_executor::download(void* to, const void* from, index_t bytes) {
  refuse_in_recording("download");
  copy(to, from, bytes);
}

void device_executor::copy(void* to, const void* from, index_t bytes) {
  perform([=] { std::memmove(to, from, static_cast<std::size_t>(bytes)); });
}

void device_executor::check_grid(index_t blocks) {
  if (blocks < 1 || blocks > 0x7FFFFFFF) throw std::logic_error("no device runs such a grid");
  ++launches_;
}

void* device_executor::fresh_shared_memory(std::size_t bytes) {
  shared_.resize(most_shared_memory / sizeof(std::max_align_t));
  char* const data = reinterpret_cast<char*>(shared_.data());
  forbid_beyond(data, bytes, most_shared_memory);
  return std::memset(data, 0xFF, bytes);
}

bool device_executor::adds_row(const detail::device_product& p) const {
  if (p.start.row == nullptr || !detail::is_aligned_row(p.start.row)) {
    throw std::logic_error("a question that the library would not be asked");
  }
  return options_.rows == row_starts::all;
}

void device_executor::multiply(const detail::device_product& p) {
  const bool narrow = options_.math == precision::bf16;
  const bool bad_row = p.start.row != nullptr && (p.batch > 1 || p.start.beta != 0 || !adds_row(p));
  if (p.m < 1 || p.n < 1 || p.k < 1 || p.batch < 1 || p.a.bf16 != narrow || p.b.bf16 != narrow ||
      bad_row) {
    throw std::logic_error("a product that the library would not be given");
  }
  perform([this, p] { multiply_now(p); });
}

void device_executor::multiply_now(const detail::device_product& p) {
  sums_.resize(static_cast<std::size_t>(p.n));
  for (index_t matrix = 0; matrix < p.batch; ++matrix) {
    unpack(p.a, p.ta, matrix, p.m, p.k, left_);
    unpack(p.b, p.tb, matrix, p.k, p.n, right_);
    for (index_t i = 0; i < p.m; ++i) {
      std::fill(sums_.begin(), sums_.end(), 0.0f);
      for (index_t q = 0; q < p.k; ++q) {
        const float factor = left_[static_cast<std::size_t>(i * p.k + q)];
        const float* const row = right_.data() + q * p.n;
        for (index_t j = 0; j < p.n; ++j) sums_[static_cast<std::size_t>(j)] += factor * row[j];
      }
      float* const c = p.c + matrix * p.c_matrix_step + i * p.c_row_step;
      for (index_t j = 0; j < p.n; ++j) {
        const float product = p.alpha * sums_[static_cast<std::size_t>(j)];
        const float old = p.start.beta == 0 ? 0.0f : p.start.beta * c[j];
        c[j] = product + (p.start.row != nullptr ? p.start.row[j] : old);
      }
    }
  }
}

}  // namespace flowkit::testing
