#include "image_kernel.hpp"

#include <flowkit/core/error.hpp>

#include <algorithm>
#include <string_view>

namespace flowkit::detail {
namespace {

using dims = dnnl::memory::dims;
using layout = dnnl::memory::desc;

/// Dense [images, height, width, channels], which oneDNN names in another order.
layout pixels(const extents<4>& shape, element format) {
  return {dims{shape[0], shape[3], shape[1], shape[2]}, type_of(format),
          dnnl::memory::format_tag::nhwc};
}

/// Windows of a line below which kernels of the forward pass are slow.
constexpr index_t short_line = 5;

/// Weights from so many channels to others, as the primitive likes them best.
layout any_weights(const image_task& t, index_t from, index_t to, element format) {
  return {dims{to, from, t.geometry.kernel[0], t.geometry.kernel[1]}, type_of(format),
          dnnl::memory::format_tag::any};
}

index_t size_of_element(element format) { return format == element::bf16 ? 2 : 4; }

/// Whether oneDNN convolves directly, and does not collect windows or run its reference code.
bool direct(std::string_view implementation) {
  return implementation.find("gemm") == std::string_view::npos && !is_reference(implementation);
}

}  // namespace

index_t weight_layouts::number_of(const dnnl::memory::desc& layout) {
  const auto found = std::find(known_.begin(), known_.end(), layout);
  const index_t number = found - known_.begin();
  if (found == known_.end()) known_.push_back(layout);
  return number;
}

image_kernel::image_kernel(const image_task& task, const dnnl::engine& engine, int lanes,
                           weight_layouts& layouts)
    : task_(task) {
  try {
    make_convolution(engine, lanes, layouts);
  } catch (const dnnl::error& problem) {
    if (problem.status != dnnl_unimplemented) check(problem.status);
    found_ = false;
  }
}

bool image_kernel::mirrored() const {
  const convolution_geometry& g = task_.geometry;
  return task_.pass == image_pass::forward && !task_.add && g.stride == extents<2>{1, 1} &&
         g.padding[0] < g.kernel[0] && g.padding[1] < g.kernel[1] &&
         g.windows(1, task_.image[2]) < short_line;
}

template <class Description, class Primitive>
void image_kernel::adopt(const Description& chosen, const dnnl::engine& engine, int lanes,
                         weight_layouts& layouts) {
  if (!direct(chosen.impl_info_str())) return;
  constexpr bool of_weights = std::is_same_v<Primitive, dnnl::convolution_backward_weights>;
  constexpr bool of_data = std::is_same_v<Primitive, dnnl::convolution_backward_data>;
  const lane_primitive::argument x{of_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC,
                                   of_data ? chosen.diff_src_desc() : chosen.src_desc()};
  const lane_primitive::argument w{of_weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS,
                                   of_weights ? chosen.diff_weights_desc() : chosen.weights_desc()};
  const lane_primitive::argument y{
      of_data || of_weights ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST,
      of_data || of_weights ? chosen.diff_dst_desc() : chosen.dst_desc()};
  convolution_ =
      mirrored()
          ? lane_primitive(Primitive(chosen), chosen.scratchpad_desc(), {y, w, x}, engine, lanes)
          : lane_primitive(Primitive(chosen), chosen.scratchpad_desc(), {x, w, y}, engine, lanes);
  make_rearrangement(w.layout, engine, lanes);
  // Mirrored taps make the same layout another one.
  weight_layout_ = 2 * layouts.number_of(w.layout) + (mirrored() ? 1 : 0);
  found_ = true;
}

void image_kernel::make_convolution(const dnnl::engine& engine, int lanes,
                                    weight_layouts& layouts) {
  const element format = task_.format;
  const convolution_geometry& g = task_.geometry;
  const extents<4> outputs = g.output(task_.image, task_.outputs);
  const layout x = pixels(task_.image, format);
  const layout y = pixels(outputs, format);
  dnnl_compat::window_steps steps{dims{g.stride[0], g.stride[1]}, dims{g.padding[0], g.padding[1]}};
  const layout w = any_weights(task_, task_.image[3], task_.outputs, format);
  const auto forward =
      dnnl_compat::convolution(engine, x, w, pixels(outputs, element::f32), steps, task_.add);
  if (mirrored()) {
    steps.padding = {g.kernel[0] - 1 - g.padding[0], g.kernel[1] - 1 - g.padding[1]};
    const layout back = any_weights(task_, task_.outputs, task_.image[3], format);
    const auto hint =
        dnnl_compat::convolution(engine, y, back, pixels(task_.image, element::f32), steps, false);
    adopt<dnnl::convolution_backward_data::primitive_desc, dnnl::convolution_backward_data>(
        dnnl_compat::convolution_gradient<dnnl::convolution_backward_data>(
            engine, pixels(outputs, element::f32), back, x, steps, hint),
        engine, lanes, layouts);
  } else if (task_.pass == image_pass::forward) {
    adopt<dnnl::convolution_forward::primitive_desc, dnnl::convolution_forward>(forward, engine,
                                                                                lanes, layouts);
  } else if (task_.pass == image_pass::data) {
    adopt<dnnl::convolution_backward_data::primitive_desc, dnnl::convolution_backward_data>(
        dnnl_compat::convolution_gradient<dnnl::convolution_backward_data>(
            engine, pixels(task_.image, element::f32), w, y, steps, forward),
        engine, lanes, layouts);
  } else {
    const layout dw = any_weights(task_, task_.image[3], task_.outputs, element::f32);
    adopt<dnnl::convolution_backward_weights::primitive_desc, dnnl::convolution_backward_weights>(
        dnnl_compat::convolution_gradient<dnnl::convolution_backward_weights>(engine, x, dw, y,
                                                                              steps, forward),
        engine, lanes, layouts);
  }
}

void image_kernel::make_rearrangement(const layout& packed, const dnnl::engine& engine, int lanes) {
  const bool unpacks = task_.pass == image_pass::weights;
  const element format = unpacks ? element::f32 : task_.format;
  const index_t inputs = task_.image[3];
  const dims shape =
      mirrored() ? dims{inputs, task_.outputs, 1, 1} : dims{task_.outputs, inputs, 1, 1};
  const layout plain(shape, type_of(format),
                     mirrored() ? dims{task_.outputs, 1, 1, 1} : dims{1, task_.outputs, 1, 1});
  const layout tap = packed.submemory_desc(shape, {0, 0, 0, 0});
  const layout& from = unpacks ? tap : plain;
  const layout& to = unpacks ? plain : tap;
  const dnnl::reorder::primitive_desc chosen(engine, from, engine, to,
                                             dnnl_compat::attributes(unpacks && task_.add));
  rearrangement_ = lane_primitive(dnnl::reorder(chosen), chosen.scratchpad_desc(),
                                  {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, engine, lanes);
  weight_bytes_ = static_cast<index_t>(packed.get_size());
  row_step_ = dnnl_compat::step_of(packed, 2) * size_of_element(format);
  column_step_ = dnnl_compat::step_of(packed, 3) * size_of_element(format);
}

void image_kernel::run(const void* x, const void* w, const void* y, std::size_t lane_number,
                       lane& by) {
  check(convolution_.run({x, w, y}, lane_number, by));
}

void image_kernel::rearrange(index_t tap, const void* from, void* to, std::size_t lane_number,
                             lane& by) {
  const bool unpacks = task_.pass == image_pass::weights;
  const index_t across = task_.geometry.kernel[1];
  const index_t there = mirrored() ? task_.geometry.taps() - 1 - tap : tap;
  const index_t plain =
      tap * task_.image[3] * task_.outputs * size_of_element(unpacks ? element::f32 : task_.format);
  const index_t packed = there / across * row_step_ + there % across * column_step_;
  check(rearrangement_.run({static_cast<const std::byte*>(from) + (unpacks ? packed : plain),
                            static_cast<std::byte*>(to) + (unpacks ? plain : packed)},
                           lane_number, by));
}

void image_kernel::check(dnnl_status_t status) const {
  if (status == dnnl_success) return;
  const convolution_geometry& g = task_.geometry;
  throw backend_error(text("convolution of ", task_.format == element::bf16 ? "bf16" : "f32",
                           " images ", task_.image, " to ", task_.outputs, " channels, kernel ",
                           g.kernel, ", stride ", g.stride, ", padding ", g.padding),
                      reported(status));
}

image_kernel& image_kernel_cache::prepare(const image_task& t) {
  const convolution_geometry& g = t.geometry;
  return known_.prepare({static_cast<index_t>(t.pass), t.image[0], t.image[1], t.image[2],
                         t.image[3], t.outputs, g.kernel[0], g.kernel[1], g.stride[0], g.stride[1],
                         g.padding[0], g.padding[1], static_cast<index_t>(t.format), t.add ? 1 : 0},
                        [&] { return image_kernel(t, engine_, lanes_, layouts_); });
}

}  // namespace flowkit::detail
