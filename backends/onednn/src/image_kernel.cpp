#include "image_kernel.hpp"

#include <flowkit/core/error.hpp>

#include <string_view>

namespace flowkit::detail {
namespace {

using dims = dnnl::memory::dims;
using layout = dnnl::memory::desc;

dnnl_compat::type type_of(element format) {
  return format == element::bf16 ? dnnl_compat::type::bf16 : dnnl_compat::type::f32;
}

/// Dense [images, height, width, channels], which oneDNN names in another order.
layout pixels(const extents<4>& shape, element format) {
  return {dims{shape[0], shape[3], shape[1], shape[2]}, type_of(format),
          dnnl::memory::format_tag::nhwc};
}

dims weight_dims(const image_task& t) {
  return {t.outputs, t.image[3], t.geometry.kernel[0], t.geometry.kernel[1]};
}

/// Weights as the primitive likes them best.
layout any_weights(const image_task& t, element format) {
  return {weight_dims(t), type_of(format), dnnl::memory::format_tag::any};
}

/// Weights as they are: [kernel height, kernel width, inputs, outputs].
layout plain_weights(const image_task& t, element format) {
  return {weight_dims(t), type_of(format), dnnl::memory::format_tag::hwio};
}

/// Whether oneDNN convolves directly, and does not collect windows or run its reference code.
bool direct(std::string_view implementation) {
  return implementation.find("gemm") == std::string_view::npos &&
         implementation.find("ref") == std::string_view::npos;
}

}  // namespace

image_kernel::image_kernel(const image_task& task, const dnnl::engine& engine, int lanes)
    : task_(task) {
  try {
    make_convolution(engine, lanes);
  } catch (const dnnl::error& problem) {
    if (problem.status != dnnl_unimplemented) check(problem.status);
    found_ = false;
  }
}

template <class Description, class Primitive>
void image_kernel::adopt(const Description& chosen, const dnnl::engine& engine, int lanes) {
  if (!direct(chosen.impl_info_str())) return;
  constexpr bool of_weights = std::is_same_v<Primitive, dnnl::convolution_backward_weights>;
  constexpr bool of_data = std::is_same_v<Primitive, dnnl::convolution_backward_data>;
  const layout x = of_data ? chosen.diff_src_desc() : chosen.src_desc();
  const layout w = of_weights ? chosen.diff_weights_desc() : chosen.weights_desc();
  const layout y = of_data || of_weights ? chosen.diff_dst_desc() : chosen.dst_desc();
  convolution_ = lane_primitive(Primitive(chosen), chosen.scratchpad_desc(),
                                {{of_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x},
                                 {of_weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, w},
                                 {of_data || of_weights ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, y}},
                                engine, lanes);
  make_rearrangement(w, engine, lanes);
  found_ = true;
}

void image_kernel::make_convolution(const dnnl::engine& engine, int lanes) {
  const element format = task_.format;
  const convolution_geometry& g = task_.geometry;
  const dnnl_compat::window_steps steps{dims{g.stride[0], g.stride[1]},
                                        dims{g.padding[0], g.padding[1]}};
  const extents<4> outputs = g.output(task_.image, task_.outputs);
  const layout x = pixels(task_.image, format);
  const layout y = pixels(outputs, format);
  const auto forward = dnnl_compat::convolution(engine, x, any_weights(task_, format),
                                                pixels(outputs, element::f32), steps, task_.add);
  if (task_.pass == image_pass::forward) {
    adopt<dnnl::convolution_forward::primitive_desc, dnnl::convolution_forward>(forward, engine,
                                                                                lanes);
  } else if (task_.pass == image_pass::data) {
    adopt<dnnl::convolution_backward_data::primitive_desc, dnnl::convolution_backward_data>(
        dnnl_compat::convolution_data(engine, pixels(task_.image, element::f32),
                                      any_weights(task_, format), y, steps, forward),
        engine, lanes);
  } else {
    adopt<dnnl::convolution_backward_weights::primitive_desc, dnnl::convolution_backward_weights>(
        dnnl_compat::convolution_weights(engine, x, any_weights(task_, element::f32), y, steps,
                                         forward),
        engine, lanes);
  }
}

void image_kernel::make_rearrangement(const layout& packed, const dnnl::engine& engine, int lanes) {
  const bool unpacks = task_.pass == image_pass::weights;
  const layout plain = plain_weights(task_, unpacks ? element::f32 : task_.format);
  const layout& from = unpacks ? packed : plain;
  const layout& to = unpacks ? plain : packed;
  const dnnl::reorder::primitive_desc chosen(engine, from, engine, to,
                                             dnnl_compat::attributes(unpacks && task_.add));
  rearrangement_ = lane_primitive(dnnl::reorder(chosen), chosen.scratchpad_desc(),
                                  {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, engine, lanes);
  weight_bytes_ = static_cast<index_t>(packed.get_size());
}

void image_kernel::run(const void* x, const void* w, const void* y, std::size_t lane_number,
                       lane& by) {
  check(convolution_.run({x, w, y}, lane_number, by));
}

void image_kernel::rearrange(const void* from, void* to, std::size_t lane_number, lane& by) {
  check(rearrangement_.run({from, to}, lane_number, by));
}

void image_kernel::check(dnnl_status_t status) const {
  if (status == dnnl_success) return;
  const convolution_geometry& g = task_.geometry;
  throw backend_error(text("convolution of ", task_.format == element::bf16 ? "bf16" : "f32",
                           " images ", task_.image, " to ", task_.outputs, " channels, kernel ",
                           g.kernel, ", stride ", g.stride, ", padding ", g.padding),
                      text("oneDNN ", DNNL_VERSION_MAJOR, ".", DNNL_VERSION_MINOR,
                           " reports status '", dnnl_compat::status_text(status), "'"));
}

image_kernel& image_kernel_cache::prepare(const image_task& t) {
  const convolution_geometry& g = t.geometry;
  return known_.prepare({static_cast<index_t>(t.pass), t.image[0], t.image[1], t.image[2],
                         t.image[3], t.outputs, g.kernel[0], g.kernel[1], g.stride[0], g.stride[1],
                         g.padding[0], g.padding[1], static_cast<index_t>(t.format), t.add ? 1 : 0},
                        [&] { return image_kernel(t, engine_, lanes_); });
}

}  // namespace flowkit::detail
