// The one file that knows the interface of oneDNN: its factory function hides the operation
// descriptors of 2.6, which 3.x dropped.
#pragma once

#include <flowkit/core/platform.hpp>

#include <oneapi/dnnl/dnnl_debug.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <string_view>

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
