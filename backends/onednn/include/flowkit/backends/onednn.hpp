// The fast backend on the CPU: matrix products and convolutions by oneDNN, all else by our kernels.
#pragma once

#include <flowkit/backend/precision.hpp>
#include <flowkit/backends/eigen.hpp>

#include <string>
#include <vector>

namespace flowkit {

/// Units that multiply bfloat16 numbers. Without any, `precision::bf16` is emulated: operands are
/// rounded to bfloat16 and multiplied as floats, which is no faster than `precision::f32`.
enum class bf16_units { none, avx512, amx };

/// The best ones that oneDNN uses on this processor; ONEDNN_MAX_CPU_ISA in the environment lowers
/// them.
[[nodiscard]] bf16_units best_bf16_units();

namespace detail {
class product_executor;
}

/// Settings of an onednn object.
struct onednn_options {
  int threads = 0;  ///< 0: `default_thread_count()`
  flowkit::precision precision = flowkit::precision::f32;
  /// `none` emulates bf16 on every processor; with any other oneDNN uses the best that there are.
  bf16_units units = best_bf16_units();
  /// Multiplications below which a product runs on our own kernel, which costs less per call; 0
  /// sends all to oneDNN.
  index_t least_products = index_t{1} << 19;
  instruction_set instructions = best_instruction_set();
};

/// Backend on the CPU for real networks: the memory and vector kernels of `eigen<float>`, whose
/// other operations it shares, with products and convolutions by oneDNN. Results do not depend on
/// the number of threads. Movable, one object per thread of control; objects share nothing.
///
/// Primitives are made once per shape and kept (`cache_misses` counts them); scratch memory is ours
/// and grows only. Weights that `hold` covers are also kept as the primitives read them: 2 bytes
/// per weight in bf16 (4 where it is emulated), and the layout of each convolution primitive over
/// images that reads them. A warmed-up operation keeps no new memory, but oneDNN 2.6 and 3.x
/// allocate and free a few hundred bytes for the argument list of every primitive that is run.
class onednn : public eigen<float> {
 public:
  template <std::size_t R, class U = float>
  using mutable_view = eigen<float>::mutable_view<R, U>;
  template <std::size_t R, class U = float>
  using constant_view = eigen<float>::constant_view<R, U>;

  /// Throws backend_error for a precision that it cannot run (tf32), and where oneDNN does not
  /// start.
  explicit onednn(const onednn_options& options = {});
  onednn(onednn&&) noexcept;
  onednn& operator=(onednn&&) noexcept;
  ~onednn();

  [[nodiscard]] static constexpr std::string_view name() { return "onednn"; }

  [[nodiscard]] flowkit::precision precision() const;
  /// Units that run bf16 products; `none` means that bf16 is emulated.
  [[nodiscard]] bf16_units units() const;
  /// One line for people: version of oneDNN, precision, units or "emulated", threads.
  [[nodiscard]] std::string info() const;
  /// Primitives made so far. Stays as it is once all shapes have been seen.
  [[nodiscard]] index_t cache_misses() const;
  /// What does not run in oneDNN, and what runs it instead. Reference code runs nothing.
  [[nodiscard]] static std::vector<std::string> own_kernels();

  /// Throws backend_error with the shapes and oneDNN's status where oneDNN fails or would run its
  /// reference code; the result is undefined then.
  void gemm(transpose ta, transpose tb, float alpha, constant_view<2> a, constant_view<2> b,
            float beta, mutable_view<2> c);
  void gemm(transpose ta, transpose tb, float alpha, constant_view<3> a, constant_view<3> b,
            float beta, mutable_view<3> c);
  void gemm(transpose ta, transpose tb, float alpha, constant_view<2> a, constant_view<2> b,
            constant_view<1> row, mutable_view<2> c) {
    repeat_row(row, c);
    gemm(ta, tb, alpha, a, b, 1, c);
  }

  /// The three passes of convolutions; errors as in `gemm`.
  void convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w, float beta,
                mutable_view<4> y);
  void convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                              constant_view<2> w, float beta, mutable_view<4> dx);
  void convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                constant_view<1> row, mutable_view<4> y) {
    repeat_row(row, as_rows(y));
    convolve(g, x, w, 1, y);
  }
  void convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                              constant_view<2> w, constant_view<1> row, mutable_view<4> dx) {
    repeat_row(row, as_rows(dx));
    convolve_backward_data(g, dy, w, 1, dx);
  }
  void convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                 constant_view<4> dy, float beta, mutable_view<2> dw);

 private:
  std::unique_ptr<detail::product_executor> executor_;  // primitives and scratch memory
};

}  // namespace flowkit
