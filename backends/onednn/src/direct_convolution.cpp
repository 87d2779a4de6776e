#include "direct_convolution.hpp"

#include <flowkit/fn/arithmetic.hpp>

namespace flowkit::detail {
namespace {

/// Fewer images than this have too few tasks for the threads of a common processor.
constexpr index_t least_images = wanted_tasks / 2;
/// Windows that cost about ten times as much as the weights cost to rearrange.
constexpr index_t least_windows = 256;
/// Kernels work on 16 channels at a time; missing ones of the result would be computed in vain.
constexpr index_t least_channels = 16;
/// Each task of a gradient of weights has sums of its own, as many as there are weights. With fewer
/// windows to an image (and as many channels as networks have there) adding them up costs more than
/// products over all windows at once, which have one target; sooner with strides, where the kernels
/// are slower.
constexpr index_t least_windows_of_image = 36;
constexpr index_t least_strided_windows_of_image = 100;
/// Windows of such a task where there are enough of them.
constexpr index_t task_windows = 512;

index_t windows_of(const image_task& t) {
  return t.geometry.windows(0, t.image[1]) * t.geometry.windows(1, t.image[2]);
}

index_t images_per_task(const image_task& t) {
  const index_t even = parts_of(t.image[0], wanted_tasks);
  if (t.pass != image_pass::weights) return even;
  return std::min(t.image[0], std::max(even, parts_of(task_windows, windows_of(t))));
}

/// Whether a primitive is faster than products of collected windows, by measurements with AVX-512
/// in both precisions. A kernel of one tap has nothing to gain: its windows are the pixels.
bool worth_calling(const image_task& t) {
  const index_t windows = windows_of(t);
  if (t.geometry.taps() == 1 || t.image[0] < least_images) return false;
  if (t.image[0] * windows < least_windows) return false;
  if (t.pass == image_pass::data) return t.image[3] >= least_channels;
  if (t.pass == image_pass::forward) return true;
  const bool strided = t.geometry.stride != extents<2>{1, 1};
  return windows >= (strided ? least_strided_windows_of_image : least_windows_of_image);
}

void add_floats(instruction_set set, index_t count, const float* x, float* y) {
  const extents<1> shape{count};
  const extents<1> strides[] = {extents<1>{1}, extents<1>{1}};
  const loop_nest<2> loop = collapse(shape, strides);
  run_elementwise(set, fn::add_to{}, loop, std::tuple<float*, const float*>{y, x},
                  {0, loop.rows(), 0, loop.inner});
}

}  // namespace

direct_convolution::direct_convolution(product_executor& by, thread_pool& pool, instruction_set set,
                                       const image_task& whole)
    : by_(by),
      pool_(pool),
      instructions_(set),
      whole_(whole),
      windows_(windows_of(whole)),
      parts_(whole.image[0], images_per_task(whole)) {
  if (!worth_calling(whole)) return;
  image_task part = whole;
  part.image[0] = parts_.size;
  main_ = &by.prepare(part);
  part.image[0] = parts_.part(parts_.count - 1).size;
  // Gradients of weights are added to those of the other tasks.
  if (part.pass == image_pass::weights && parts_.count > 1) part.add = true;
  rest_ = part.image[0] == parts_.size ? main_ : &by.prepare(part);
}

index_t direct_convolution::products() const { return whole_.image[0] * windows_ * weight_count(); }

index_t direct_convolution::moves() const {
  constexpr index_t products_per_number = 32;  // that take as long as moving a number
  return products_per_number * weight_count();
}

index_t direct_convolution::weight_count() const {
  return whole_.geometry.taps() * whole_.image[3] * whole_.outputs;
}

bool direct_convolution::found() const {
  return main_ != nullptr && main_->found() && rest_->found();
}

const std::byte* direct_convolution::kept(image_kernel& kernel, matrix w) const {
  const index_t layout = static_cast<index_t>(held_layout::primitive) + kernel.weight_layout();
  return by_.kept(w, layout, kernel.weight_bytes(), [&](std::byte* copy) {
    const void* plain = by_.stored_anew(pool_, by_.right, w).data;
    by_.for_each_task(pool_, whole_.geometry.taps(), moves(),
                      [&](index_t tap, std::size_t number, lane& own) {
                        kernel.rearrange(tap, plain, copy, number, own);
                      });
  });
}

direct_convolution::packed_weights direct_convolution::packed(matrix w) const {
  if (const std::byte* const main = kept(*main_, w)) return {main, kept(*rest_, w)};
  const void* plain = by_.stored_anew(pool_, by_.right, w).data;
  const index_t size = rounded_up(main_->weight_bytes(), 64);
  auto* const memory = by_.packed.grown<std::byte>(size + rest_->weight_bytes());
  by_.for_each_task(pool_, whole_.geometry.taps(), moves(),
                    [&](index_t tap, std::size_t number, lane& own) {
                      main_->rearrange(tap, plain, memory, number, own);
                      if (rest_ != main_) rest_->rearrange(tap, plain, memory + size, number, own);
                    });
  return {memory, rest_ == main_ ? memory : memory + size};
}

const void* direct_convolution::stored(growing_memory& memory, images x, index_t task) const {
  const index_t size = x.size() / x.shape()[0];
  const span_of part = parts_.part(task);
  return by_.stored(memory, part.size, size, x.data() + part.first * size, size).data;
}

void direct_convolution::forward(images x, matrix w, view<float, 4, host_space> y) const {
  const packed_weights weights = packed(w);
  const index_t size = windows_ * whole_.outputs;
  by_.for_each_task(
      pool_, parts_.count, products(), [&](index_t task, std::size_t number, lane& own) {
        image_kernel& kernel = kernel_of(task);
        kernel.run(stored(own.operands, x, task), &kernel == main_ ? weights.main : weights.rest,
                   y.data() + parts_.part(task).first * size, number, own);
      });
}

void direct_convolution::data(images dy, matrix w, bool add, view<float, 4, host_space> dx) const {
  const packed_weights weights = packed(w);
  const index_t size = dx.size() / dx.shape()[0];
  by_.for_each_task(pool_, parts_.count, products(),
                    [&](index_t task, std::size_t number, lane& own) {
                      image_kernel& kernel = kernel_of(task);
                      const span_of part = parts_.part(task);
                      float* const target = dx.data() + part.first * size;
                      float* const result = add ? own.sums.grown<float>(part.size * size) : target;
                      kernel.run(result, &kernel == main_ ? weights.main : weights.rest,
                                 stored(own.operands, dy, task), number, own);
                      if (add) add_floats(instructions_, part.size * size, result, target);
                    });
}

void direct_convolution::add_up(float* sums, index_t size, index_t count) const {
  constexpr index_t range = index_t{1} << 14;
  pool_.for_each_index(parts_of(size, range), size * count, [&](index_t i) {
    const index_t first = i * range;
    for (index_t task = 1; task < count; ++task) {
      add_floats(instructions_, std::min(range, size - first), sums + task * size + first,
                 sums + first);
    }
  });
}

void direct_convolution::weights(images x, images dy, view<float, 2, host_space> dw) const {
  constexpr index_t line = 64 / static_cast<index_t>(sizeof(float));
  const index_t size =
      rounded_up(main_->weight_bytes() / static_cast<index_t>(sizeof(float)), line);
  const index_t alike = rest_ == main_ ? parts_.count : parts_.count - 1;
  float* const sums = by_.packed.grown<float>(
      alike * size + rest_->weight_bytes() / static_cast<index_t>(sizeof(float)));
  by_.for_each_task(pool_, parts_.count, products(),
                    [&](index_t task, std::size_t number, lane& own) {
                      kernel_of(task).run(stored(own.operands, x, task), sums + task * size,
                                          stored(own.sums, dy, task), number, own);
                    });
  add_up(sums, size, alike);
  by_.for_each_task(pool_, whole_.geometry.taps(), moves(),
                    [&](index_t tap, std::size_t number, lane& own) {
                      main_->rearrange(tap, sums, dw.data(), number, own);
                      if (rest_ != main_)
                        rest_->rearrange(tap, sums + alike * size, dw.data(), number, own);
                    });
}

}  // namespace flowkit::detail
