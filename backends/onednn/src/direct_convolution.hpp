// The three passes of a convolution over images without lowering it to a product.
#pragma once

#include "executor.hpp"
#include "parts.hpp"

namespace flowkit::detail {

/// Operands in the memory of the caller, dense: x [batch, height, width, inputs],
/// y [batch, height', width', outputs], w [taps * inputs, outputs]. Images are shared out, a fixed
/// number to a task; each task is one call of a primitive, which leaves out the padding and reads
/// each pixel where it lies. Weights are rearranged once per pass, or once if they are held.
class direct_convolution {
 public:
  using images = view<const float, 4, host_space>;
  using matrix = view<const float, 2, host_space>;

  /// Looks for the kernels of a pass, unless the shape is one that products run faster.
  direct_convolution(product_executor& by, thread_pool& pool, instruction_set set,
                     const image_task& whole);

  /// Whether there are kernels for the pass. Where there are none, nothing else may be called.
  [[nodiscard]] bool found() const;

  /// y = x * w, added to what y holds where the task says so
  void forward(images x, matrix w, view<float, 4, host_space> y) const;
  /// dx = the gradient of x, added where `add`
  void data(images dy, matrix w, bool add, view<float, 4, host_space> dx) const;
  /// dw = the gradient of w, added to what dw holds where the task says so
  void weights(images x, images dy, view<float, 2, host_space> dw) const;

 private:
  [[nodiscard]] image_kernel& kernel_of(index_t task) const {
    return parts_.part(task).size == parts_.size ? *main_ : *rest_;
  }
  /// Rearranged weights of both kernels.
  struct packed_weights {
    const std::byte* main;
    const std::byte* rest;
  };
  [[nodiscard]] packed_weights packed(matrix w) const;
  /// Held weights in the layout of a kernel; null for others.
  [[nodiscard]] const std::byte* kept(image_kernel& kernel, matrix w) const;
  /// Multiplications of a pass, and as many as rearranging the weights is worth.
  [[nodiscard]] index_t products() const;
  [[nodiscard]] index_t moves() const;
  [[nodiscard]] index_t weight_count() const;
  /// The images of a task as operands.
  [[nodiscard]] const void* stored(growing_memory& memory, images x, index_t task) const;
  /// Adds the sums of all tasks that have the same layout to the first ones.
  void add_up(float* sums, index_t size, index_t count) const;

  product_executor& by_;
  thread_pool& pool_;
  instruction_set instructions_;
  image_task whole_;
  index_t windows_;  // per image
  cut_axis parts_;   // of the batch
  image_kernel* main_ = nullptr;
  image_kernel* rest_ = nullptr;  // of the last task, which may be smaller
};

}  // namespace flowkit::detail
