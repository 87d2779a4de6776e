// Runs the products of an onednn object: in its precision, over its threads.
#pragma once

#include "fallbacks.hpp"
#include "image_kernel.hpp"
#include "parts.hpp"
#include "primitives.hpp"

#include <flowkit/backends/onednn.hpp>

namespace flowkit::detail {

/// Primitives and scratch memory, and how tasks are shared out. The caller brings the pool.
class product_executor {
 public:
  /// Throws backend_error for a precision that oneDNN lacks, and where oneDNN does not start.
  product_executor(const onednn_options& options, int threads,
                   std::shared_ptr<held_copies> held = std::make_shared<held_copies>());

  [[nodiscard]] flowkit::precision precision() const { return precision_; }
  [[nodiscard]] bf16_units units() const { return units_; }
  /// Primitives made so far.
  [[nodiscard]] index_t misses() const { return products_.misses() + images_.misses(); }

  [[nodiscard]] bool leaves_to_own_kernel(const product_size& p) const {
    return runs_on_own_kernel(p, least_products_);
  }

  /// Format in which operands are stored: rounded numbers of emulated bf16 are floats.
  [[nodiscard]] element format() const {
    const bool halves = precision_ == flowkit::precision::bf16 && units_ != bf16_units::none;
    return halves ? element::bf16 : element::f32;
  }
  /// Whether products read our floats where they lie.
  [[nodiscard]] bool reads_floats() const { return precision_ == flowkit::precision::f32; }
  /// The same of rows of so many numbers, so far apart: oneDNN has no kernel for rows that repeat
  /// or overlap.
  [[nodiscard]] bool reads_in_place(index_t columns, index_t step) const {
    return reads_floats() && step >= columns;
  }
  /// Numbers between the rows of the operand that `stored` makes of such rows.
  [[nodiscard]] index_t stored_step(index_t columns, index_t step) const {
    return reads_in_place(columns, step) ? step : columns;
  }
  /// Bytes of a stored operand.
  [[nodiscard]] index_t element_size() const { return format() == element::bf16 ? 2 : 4; }

  /// Stores `count` operands in that format, rounded as the precision asks.
  void store(index_t count, const float* x, std::byte* y) const;
  /// The same for the rows of a matrix, one after the other without gaps.
  void store_rows(index_t rows, index_t columns, const float* x, index_t step, std::byte* y) const;

  /// The matrix as an operand: where it lies, or a dense copy, rounded as the precision asks, made
  /// by all threads: one that is kept, if the matrix is held, or one in `memory`.
  [[nodiscard]] operand stored(thread_pool& pool, growing_memory& memory,
                               view<const float, 2, host_space> x);
  /// The same without keeping it.
  [[nodiscard]] operand stored_anew(thread_pool& pool, growing_memory& memory,
                                    view<const float, 2, host_space> x);
  /// The same in the memory of a lane, made by the calling thread.
  [[nodiscard]] operand stored(growing_memory& memory, index_t rows, index_t columns,
                               const float* x, index_t step) const;

  /// The dense copy of a held matrix, or null: for one that is not held, or that needs none.
  [[nodiscard]] const std::byte* kept(thread_pool& pool, view<const float, 2, host_space> x);
  /// The copy of a held matrix in another layout, of so many bytes, which make(copy) fills on first
  /// use; null for others.
  template <class F>
  [[nodiscard]] const std::byte* kept(view<const float, 2, host_space> x, index_t layout,
                                      index_t bytes, const F& make) {
    constexpr auto size = static_cast<index_t>(sizeof(float));
    return held_->copy_of({x.data(), x.shape()[0], x.shape()[1], x.strides()[0], size, layout},
                          bytes, make);
  }

  /// Starts an operation; its primitives stay until the next one starts.
  void begin_operation() {
    products_.begin_operation();
    images_.begin_operation();
  }
  /// Makes the primitive for the shape of p unless it is there. Not for use by several threads.
  void prepare(const product& p) { products_.prepare(p); }
  /// The same for a convolution over images.
  [[nodiscard]] image_kernel& prepare(const image_task& t) { return images_.prepare(t); }
  /// Runs a prepared product on the calling thread.
  void run(const product& p, std::size_t lane_number) {
    products_.run(p, lane_number, lanes_[lane_number]);
  }

  /// A large product, cut into parts.
  void multiply(thread_pool& pool, const product& p);

  /// Calls f(task, lane number, lane) for all tasks, shared out over the lanes if so many
  /// multiplications are worth it.
  template <class F>
  void for_each_task(thread_pool& pool, index_t tasks, index_t products, const F& f) {
    const index_t used = std::min(tasks, static_cast<index_t>(lanes_.size()));
    pool.for_each_index(used, nanoseconds(products), [&](index_t number) {
      const serial_library serial;
      const auto at = static_cast<std::size_t>(number);
      const index_t last = tasks * (number + 1) / used;
      for (index_t task = tasks * number / used; task < last; ++task) f(task, at, lanes_[at]);
    });
  }

  /// About how long one thread multiplies.
  static constexpr index_t nanoseconds(index_t products) { return products / 32; }

  growing_memory left;  ///< operands of the running operation, rounded or reordered
  growing_memory right;
  growing_memory packed;  ///< weights in the layout of a primitive

 private:
  /// Stores all rows, by all threads.
  void store_all(thread_pool& pool, view<const float, 2, host_space> x, std::byte* y) const;

  flowkit::precision precision_;
  bf16_units units_;
  instruction_set instructions_;
  index_t least_products_;
  dnnl::engine engine_;
  product_cache products_;
  image_kernel_cache images_;
  std::vector<lane> lanes_;  // one per thread
  std::shared_ptr<held_copies> held_;
};

}  // namespace flowkit::detail
