// The one file that knows the interface of oneDNN: its factory function hides the operation
// descriptors of 2.6, which 3.x dropped.
#pragma once

#include <flowkit/core/platform.hpp>

#include <oneapi/dnnl/dnnl_debug.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <string_view>

// Products run on threads of ours, one at a time on each: OpenMP can be told so, another runtime
// would bring threads of its own.
static_assert(DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP ||
                  DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_SEQ,
              "this oneDNN runs its threads by neither OpenMP nor not at all; install one that was "
              "built with DNNL_CPU_RUNTIME=OMP or SEQ");

namespace flowkit::dnnl_compat {

using type = dnnl::memory::data_type;

/// Scratch memory comes from the caller, so that several threads may run one primitive; with `add`
/// the result is added to what the target holds.
inline dnnl::primitive_attr attributes(bool add) {
  dnnl::primitive_attr out;
  out.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (add) {
    dnnl::post_ops after;
    after.append_sum(1.0F);
    out.set_post_ops(after);
  }
  return out;
}

/// c = a b, or c += a b.
inline dnnl::matmul::primitive_desc matmul(const dnnl::engine& engine, const dnnl::memory::desc& a,
                                           const dnnl::memory::desc& b, const dnnl::memory::desc& c,
                                           bool add) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, a, b, c, attributes(add)};
#else
  return {dnnl::matmul::desc(a, b, c), attributes(add), engine};
#endif
}

/// How windows slide over images, as the library takes it.
struct window_steps {
  dnnl::memory::dims stride;
  dnnl::memory::dims padding;  ///< on either side
};

/// y = x * w, or y += x * w.
inline dnnl::convolution_forward::primitive_desc convolution(const dnnl::engine& engine,
                                                             const dnnl::memory::desc& x,
                                                             const dnnl::memory::desc& w,
                                                             const dnnl::memory::desc& y,
                                                             const window_steps& by, bool add) {
  constexpr auto how = dnnl::algorithm::convolution_direct;
  constexpr auto kind = dnnl::prop_kind::forward_training;
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kind, how, x, w, y, by.stride, by.padding, by.padding, attributes(add)};
#else
  return {{kind, how, x, w, y, by.stride, by.padding, by.padding}, attributes(add), engine};
#endif
}

/// The pass for a gradient: of x, for convolution_backward_data, or of w, for
/// convolution_backward_weights; `forward` is the pass that it belongs to.
template <class Pass>
typename Pass::primitive_desc convolution_gradient(
    const dnnl::engine& engine, const dnnl::memory::desc& x, const dnnl::memory::desc& w,
    const dnnl::memory::desc& y, const window_steps& by,
    const dnnl::convolution_forward::primitive_desc& forward) {
  constexpr auto how = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {engine, how, x, w, y, by.stride, by.padding, by.padding, forward, attributes(false)};
#else
  return {{how, x, w, y, by.stride, by.padding, by.padding}, attributes(false), engine, forward};
#endif
}

/// Elements between neighbours along an axis that is not cut into blocks.
inline dnnl_dim_t step_of(const dnnl::memory::desc& d, int axis) {
#if DNNL_VERSION_MAJOR >= 3
  return d.get_strides()[static_cast<std::size_t>(axis)];
#else
  return d.data.format_desc.blocking.strides[axis];
#endif
}

/// Name of a status of the library.
inline std::string_view status_text(dnnl_status_t status) { return dnnl_status2str(status); }

/// Whether the library uses matrix units, or vector units, for bfloat16 on this processor.
inline bool has_bf16_tiles() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  constexpr auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return (isa & wanted) == wanted;
}
inline bool has_bf16_vectors() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  constexpr auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (isa & wanted) == wanted;
}

}  // namespace flowkit::dnnl_compat
