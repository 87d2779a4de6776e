// What a place where kernels run offers: memory, transfers, launches and matrix products, in order.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backend/precision.hpp>
#include <flowkit/backends/device/kernel.hpp>

namespace flowkit {
namespace detail {

/// Where an operand of a product begins and how far its rows and matrices are apart, in elements:
/// floats, or the bits of bfloat16 numbers.
struct product_operand {
  const void* data;
  index_t row_step;
  index_t matrix_step;
  bool bf16;
};

/// What a product is added to: beta times the old values (0 ignores them, even NaN), or a dense row
/// that is added to every row.
struct product_start {
  float beta = 0;
  const float* row = nullptr;
  index_t columns = 0;  ///< of the row

  product_start() = default;
  product_start(float factor) : beta(factor) {}  // NOLINT(google-explicit-constructor)
  template <class U>
  product_start(const view<U, 1, cuda_space>& v)  // NOLINT(google-explicit-constructor)
      : row(v.data()), columns(v.size()) {
    FLOWKIT_EXPECT(v.dense());
  }

  /// Whether it can be the start of a result with so many columns.
  [[nodiscard]] bool fits(index_t result_columns) const {
    return row == nullptr || columns == result_columns;
  }
};

/// Whether a product may start from the row. cuBLASLt reads it 16 bytes at a time; its heuristic is
/// said to respect the alignment of the pointer, and reported not to (PyTorch pull request 194497).
/// Plans rely on it: they are kept without the alignment of the row.
inline bool is_aligned_row(const float* row) {
  return reinterpret_cast<std::uintptr_t>(row) % 16 == 0;
}

/// c = alpha op(a) op(b) + start for every matrix of a batch; rows are contiguous. a and b have
/// one format; sums and c are float. All sizes are positive. A row is aligned, and the start of a
/// single product only.
struct device_product {
  transpose ta;
  transpose tb;
  index_t m;
  index_t n;
  index_t k;
  index_t batch;
  float alpha;
  product_start start;
  product_operand a;
  product_operand b;
  float* c;
  index_t c_row_step;
  index_t c_matrix_step;
};

/// A kernel that does nothing: what concept Device tries to launch.
struct empty_kernel {
  static constexpr int threads = warp_threads;
  using shared_memory = no_shared_memory;
  template <class Block>
  FLOWKIT_HD void operator()(Block&) const {}
};

}  // namespace detail

/// A device with one queue. Laws: work happens in the order of the calls; only `download` and
/// `synchronize` may block. `allocate` returns memory aligned to 64 bytes, null for nothing; what
/// is freed may still be in use by work queued before. Every kernel goes through `launch`, and all
/// matrix products through `multiply`: nothing else knows where it runs.
///
/// Between `begin_recording` and `end_recording` launches, copies and products are kept instead of
/// run, and nothing else may be asked for. `end_recording` replaces what `work` holds, and ends the
/// recording also where it throws; `run` queues what was kept.
template <class D>
concept Device = std::default_initializable<typename D::recording> &&
    std::movable<typename D::recording> &&
    requires(D& d, void* data, const void* from, index_t size, const detail::empty_kernel& kernel,
             const detail::device_product& product, typename D::recording& work) {
  { d.allocate(size) } -> std::same_as<void*>;  // bytes
  d.free(data);                                 // noexcept
  d.upload(data, from, size);                   // bytes; the source may change afterwards
  d.download(data, from, size);                 // blocks
  d.copy(data, from, size);                     // on the device
  d.synchronize();                              // blocks
  d.launch(kernel, size);                       // blocks of the kernel
  d.multiply(product);
  { d.adds_row(product) } -> std::same_as<bool>;  // whether `multiply` can start from its row
  d.begin_recording();
  d.end_recording(work);
  d.run(work);
  { d.math() } -> std::same_as<precision>;        // format of products
  { d.window_limit() } -> std::same_as<index_t>;  // numbers that a convolution may hold in windows
};

}  // namespace flowkit
